"""What needs a person: found by one query, the worst first, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from accounts.callers import Caller
from accounts.models import Role
from volumes.models import Environment, Volume
from volumes.pages import words
from volumes.pages.troubles import FULLNESS, TROUBLES, Trouble
from volumes.usage import full_dates

SHOWN = (
    "environment_id",
    "name",
    "size",
    "used_size",
    "status",
    "status_message",
    "missing_since",
    "grace_until",
    "restore_from_id",
    "detached_at",
)


@dataclass(frozen=True)
class Line:
    """What, why, and the one link that mends it."""

    kind: str
    name: str
    why: str
    mend: str
    url: str
    environment: Environment


@dataclass(frozen=True)
class Attention:
    lines: list[Line]
    more: int
    """Volumes that need something and stand in no line."""


def attention(
    environments: Iterable[Environment], caller: Caller, *, most: int, each: int
) -> Attention:
    """Up to `most` lines about these environments, which know the caller's role. Two queries.

    Of one trouble in one environment `each` volumes are named; one line leads to the rest.
    """
    known = {environment.pk: environment for environment in environments}
    rows = _rows(known, each=each, at_most=each * most) if known else []
    whole = rows[0].all_of_them if rows else 0
    dates = full_dates([row for row in rows if TROUBLES[row.rank].is_full])
    lines: list[Line] = []
    told = 0
    for (rank, pk), group in groupby(rows, key=lambda row: (row.rank, row.environment_id)):
        environment, found = known[pk], list(group)
        may_edit = caller.may(Role.EDITOR, role=environment.role)
        for row in found:
            row.environment, row.full_at = environment, dates.get(row.pk)
        for line, count in _lines(TROUBLES[rank], found, may_edit):
            if len(lines) < most:
                lines.append(line)
                told += count
    return Attention(lines, whole - told)


def _rows(environments: Iterable[UUID], *, each: int, at_most: int) -> list[Any]:
    """Each volume once, with its worst trouble; a few of each, and how many there are."""
    ranks = [When(trouble.has, then=Value(rank)) for rank, trouble in enumerate(TROUBLES)]
    apart = [F("environment_id"), F("rank")]
    worst_first = [FULLNESS.desc(nulls_last=True), F("name").asc()]
    found = (
        Volume.objects.live()
        .filter(environment__in=environments)
        .only(*SHOWN)  # all of them are sorted: what is not shown would be carried along
        .annotate(rank=Case(*ranks, output_field=IntegerField()))
        .filter(rank__isnull=False)
        .annotate(
            place=Window(RowNumber(), partition_by=apart, order_by=worst_first),
            total=Window(Count("pk"), partition_by=apart),
            all_of_them=Window(Count("pk")),
        )
        .filter(place__lte=each)
        .order_by("rank", "environment__name", "environment_id", "place")
    )
    return list(found[:at_most])


def _lines(trouble: Trouble, rows: list[Any], may_edit: bool) -> Iterator[tuple[Line, int]]:
    """A line for each or, where that would only be noise, one for all of them; and its volumes."""
    total: int = rows[0].total
    environment = rows[0].environment
    shown = rows if trouble.one_by_one or total <= 2 else []
    for row in shown:
        yield _line(trouble, row, may_edit), 1
    if rest := total - len(shown):
        volumes = "volume" if rest == 1 else "volumes"
        yield (
            Line(
                kind=trouble.kind,
                name=f"{rest} more" if shown else f"{rest} {volumes}",
                why=trouble.about_several,
                mend="Look",
                url=f"{reverse('environment', args=[environment.pk])}?status={trouble.key}",
                environment=environment,
            ),
            rest,
        )


def _line(trouble: Trouble, volume: Volume, may_edit: bool) -> Line:
    page = trouble.page if may_edit else "volume"
    return Line(
        kind=words.state(volume).kind if trouble.is_full else trouble.kind,
        name=volume.name,
        why=trouble.why(volume),
        mend=trouble.mend if may_edit else "Look",
        url=reverse(page, args=[volume.environment_id, volume.pk]),
        environment=volume.environment,
    )
