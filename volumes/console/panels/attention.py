"""Alerts about volumes: one query counts them, a second reads the worst, each gets a line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Q, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from accounts.callers import Caller
from accounts.models import Role
from volumes.console.scan_scope import ScanScope, scan_scope
from volumes.models import Environment, Volume, VolumeStatus
from volumes.models.base import STORAGE_UNAVAILABLE
from volumes.presentation import formatting
from volumes.presentation.alerts import FULLNESS, TROUBLES, AlertRule
from volumes.presentation.storage_state import storage_warnings
from volumes.queries.forecast import full_dates

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
NOISE = 3
"""Volumes with a minor alert are grouped into one line from this number on."""


@dataclass(frozen=True)
class AlertLine:
    """A volume or a group, the reason, and the link to the action. One about the storage has no link."""

    kind: str
    name: str
    why: str
    action: str = ""
    url: str = ""
    environment: Environment | None = None


@dataclass(frozen=True)
class Attention:
    lines: list[AlertLine]
    more: int
    """Volumes with alerts that are in no line."""
    scan_limit: int | None = None
    """The number of newest volumes that were checked, besides unsettled ones; None for all."""


@dataclass(frozen=True)
class AlertGroup:
    """The volumes of one environment with the same worst alert."""

    environment: Environment
    rank: int
    total: int

    @property
    def trouble(self) -> AlertRule:
        return TROUBLES[self.rank]

    def named(self, each: int) -> int:
        """Return how many volumes get their own line: none if the alert is minor and frequent."""
        return min(self.total, each) if self.trouble.list_individually or self.total < NOISE else 0


def attention(
    environments: Iterable[Environment],
    caller: Caller,
    *,
    most: int,
    each: int,
    looked: ScanScope | None = None,
) -> Attention:
    """Return up to `most` lines about these environments, which have the caller's role.

    Lines about the storage, which is everybody's, come first and do not count.

    For one alert in one environment, `each` volumes are named, and one line links to the rest.
    `looked` is the scan scope of the volumes, if known. Makes four queries, or three with `looked`.
    """
    known = {environment.pk: environment for environment in environments}
    looked = looked or scan_scope(Volume.objects.live().filter(environment__in=known))
    # The banner shows an outage of the storage once, instead of a line for each volume.
    volumes = looked.volumes.exclude(status=VolumeStatus.ERROR, status_message=STORAGE_UNAVAILABLE)
    groups = _groups(known, volumes)
    shown = groups[:most]  # each of them has a line at least
    worst = _worst([group for group in shown if group.named(each)], each, volumes)
    lines: list[AlertLine] = []
    told = 0
    storage = [AlertLine("warning", "Storage", why) for why in storage_warnings() if known]
    for group in shown:
        may_edit = caller.may(Role.EDITOR, role=group.environment.role)
        for line, count in _lines(group, worst[group.environment.pk, group.rank], may_edit):
            if len(lines) < most:
                lines.append(line)
                told += count
    return Attention([*storage, *lines], sum(group.total for group in groups) - told, looked.most)


def _groups(environments: dict[UUID, Environment], volumes: Any) -> list[AlertGroup]:
    """Group the volumes by environment and worst alert, the worst group first."""
    counted = (
        _ranked(volumes, len(TROUBLES)).values_list("environment", "rank").annotate(Count("pk"))
    )
    groups = [
        AlertGroup(environments[pk], rank, total)
        for pk, rank, total in counted.order_by()
        if rank is not None
    ]
    return sorted(groups, key=lambda one: (one.rank, one.environment.name, one.environment.pk))


def _ranked(volumes: Any, ranks: int) -> Any:
    """Annotate the volumes with the index of their worst alert among the first `ranks` of TROUBLES."""
    cases = [
        When(trouble.condition, then=Value(rank)) for rank, trouble in enumerate(TROUBLES[:ranks])
    ]
    return volumes.annotate(rank=Case(*cases, output_field=IntegerField()))


def _worst(
    groups: Sequence[AlertGroup], each: int, volumes: Any
) -> dict[tuple[UUID, int], list[Any]]:
    """Return a few volumes of each group, the fullest first, with the dates when they will be full."""
    found: dict[tuple[UUID, int], list[Any]] = defaultdict(list)
    if not groups:
        return found
    known = {group.environment.pk: group.environment for group in groups}
    wanted = Q()
    for group in groups:
        wanted |= Q(environment=group.environment.pk, rank=group.rank)
    place = Window(
        RowNumber(),
        partition_by=[F("environment_id"), F("rank")],
        order_by=[FULLNESS.desc(nulls_last=True), F("name").asc()],
    )
    # Later alerts are the more expensive ones to compute, so leave out those that are not needed.
    ranks = 1 + max(group.rank for group in groups)
    ranked = _ranked(volumes.filter(environment__in=known), ranks).filter(wanted)
    rows = list(ranked.only(*SHOWN).annotate(place=place).filter(place__lte=each).order_by("place"))
    dates = full_dates([row for row in rows if TROUBLES[row.rank].is_full])
    for row in rows:
        row.environment, row.full_at = known[row.environment_id], dates.get(row.pk)
        found[row.environment_id, row.rank].append(row)
    return found


def _lines(group: AlertGroup, worst: list[Any], may_edit: bool) -> Iterator[tuple[AlertLine, int]]:
    """Yield a line for each of the worst volumes and one for the others, each with its number."""
    trouble, environment = group.trouble, group.environment
    for row in worst:
        yield _line(trouble, row, may_edit), 1
    if rest := group.total - len(worst):
        volumes = "volume" if rest == 1 else "volumes"
        yield (
            AlertLine(
                kind=trouble.kind,
                name=f"{rest} more" if worst else f"{rest} {volumes}",
                why=trouble.about_several,
                action="Look",
                url=f"{reverse('environment', args=[environment.pk])}?status={trouble.key}",
                environment=environment,
            ),
            rest,
        )


def _line(trouble: AlertRule, volume: Volume, may_edit: bool) -> AlertLine:
    page = trouble.page if may_edit else "volume"
    return AlertLine(
        kind=formatting.state(volume).kind if trouble.is_full else trouble.kind,
        name=volume.name,
        why=trouble.explain(volume),
        action=trouble.action if may_edit else "Look",
        url=reverse(page, args=[volume.environment_id, volume.pk]),
        environment=volume.environment,
    )
