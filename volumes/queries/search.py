"""Narrowing lists: what each filter means, for every door that offers it.

Among a million volumes the same filter is answered in one of two ways. What many volumes have is found
soon by walking the list in its order. What few have is looked up in an index of PostgreSQL. Its planner
cannot tell which is which, because it takes what it looks for to be spread evenly over the list: so a
bounded look at the beginning of the list decides.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, StrIndex
from django.db.models.lookups import Exact, GreaterThan

from volumes.models import Attachment, Volume
from volumes.models.volume import VolumeQuerySet
from volumes.specs.parsers import is_label_key, is_label_value

Rows = TypeVar("Rows", bound=models.QuerySet[Any])

SAMPLE_ROWS = 10_000
MANY = 1_000
"""A whole page: where so many are among those looked at, the walk ends there too."""

TRIGRAM = re.compile("[a-z0-9]{3}")
"""Without three of these in a row the index of names helps nothing, and would be read as a whole."""


def is_indexed(part: str) -> bool:
    """Whether an index of PostgreSQL's finds the names with this part, where it has that index."""
    return connection.vendor == "postgresql" and bool(TRIGRAM.search(part.lower()))


def name_contains(
    rows: Rows, part: str, *, many: int = MANY, order: str = "pk", of: int = SAMPLE_ROWS
) -> Rows:
    """Those with `part` in their name, whatever its case, for pages of less than `many` in this order.

    `of` is how many rows there are at most, if that is known: few are walked without a look.
    """
    part = part.lower()  # as names are
    has_it = GreaterThan(StrIndex("name", Value(part)), 0)
    is_long = rows.model is Volume and of >= SAMPLE_ROWS
    if is_long and is_indexed(part) and _has_few(rows.order_by(order), has_it, many):
        return _looked_up(rows, rows.filter(name__contains=part))
    return rows.filter(has_it)


def as_case(condition: Exists) -> Case:
    """The condition as a value of a row.

    Of a bare one PostgreSQL makes a join, for which it reads everybody's rows.
    """
    return Case(
        When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()
    )


def is_mounted() -> Exists:
    """Whether any application mounts the volume of the row."""
    return Exists(Attachment.objects.filter(volume=OuterRef("pk")))


def filter_mounted(rows: VolumeQuerySet, wanted: bool) -> VolumeQuerySet:
    return rows.filter(is_mounted() if wanted else ~is_mounted())


def read_label(text: str) -> tuple[str, str] | None:
    """The pair that `key:value` names, None where it can be none."""
    key, colon, value = text.partition(":")
    return (key, value) if colon and is_label_key(key) and is_label_value(value) else None


def filter_labelled(rows: VolumeQuerySet, key: str, value: str) -> VolumeQuerySet:
    """Those that carry this pair, which `read_label` has read."""
    # Neither part can hold a quote, so the pair as JSON writes it is found nowhere else. JSON
    # look-ups would take a key such as "1" for an index.
    has_it = GreaterThan(StrIndex(Cast("labels", TextField()), Value(f'"{key}": "{value}"')), 0)
    if not _is_searched(rows) and _has_few(rows.order_by("pk"), has_it):
        return _looked_up(rows, rows.filter(labels__contains={key: value}))
    return rows.filter(has_it)


def _has_few(rows: models.QuerySet[Any], has_it: GreaterThan, many: int = MANY) -> bool:
    """Whether a walk in their order might be long, and PostgreSQL has an index that is shorter."""
    if connection.vendor != "postgresql":
        return False
    first = rows.annotate(hit=Case(When(has_it, then=Value(1))))[:SAMPLE_ROWS]
    found = first.aggregate(seen=Count("pk"), hits=Count("hit"))
    return bool(found["seen"] == SAMPLE_ROWS and found["hits"] < many)


def _is_searched(rows: models.QuerySet[Any]) -> bool:
    """Whether a look decided already how these are found: one is enough for a request."""
    searches = (GreaterThan, MaterializedIn)
    return any(isinstance(condition, searches) for condition in rows.query.where.children)


def _looked_up(rows: Rows, found: Rows) -> Rows:
    """The same rows as `found`, all of them found before the first is put in order."""
    return rows.filter(MaterializedIn(F("pk"), Subquery(found.order_by().values("pk"))))


class MaterializedIn(Exact):
    """Whether a value is one of a subquery's, which are all found before.

    To PostgreSQL it is an array, into which its planner cannot look: so it cannot choose to walk the
    list after all, as it may with IN.
    """

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"= ANY(ARRAY{rhs})" if connection.vendor == "postgresql" else f"IN {rhs}"
