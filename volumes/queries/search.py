"""Filters of lists, shared by all interfaces.

Among a million volumes, a filter needs one of two plans. If many volumes match, a walk through the list
in its order soon fills a page. If few match, an index of PostgreSQL finds them. The planner cannot tell
these apart, because it assumes that matches are spread evenly over the list. So a bounded look at the
start of the list decides.
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

from config import limits
from volumes.models import Attachment, Volume
from volumes.models.volume import VolumeQuerySet
from volumes.specs.parsers import is_label_key, is_label_value

Rows = TypeVar("Rows", bound=models.QuerySet[Any])

FREQUENT_MATCHES = 1_000
"""Matches in the sample that fill a whole page: then a walk ends soon too."""

TRIGRAM = re.compile("[a-z0-9]{3}")
"""The index of names needs three of these characters in a row. Otherwise it would be read as a whole."""


def is_indexed(part: str) -> bool:
    """Return whether PostgreSQL's index finds the names with this part."""
    return connection.vendor == "postgresql" and bool(TRIGRAM.search(part.lower()))


def name_contains(
    rows: Rows,
    part: str,
    *,
    many: int = FREQUENT_MATCHES,
    order: str = "pk",
    of: int = limits.SAMPLE_ROWS,
) -> Rows:
    """Return the rows with `part` in their name, ignoring case, for pages of less than `many` rows.

    `order` is the order of the list. `of` is the maximum number of rows, if known: a short list is
    walked without a sample.
    """
    part = part.lower()  # names are lower case
    has_it = GreaterThan(StrIndex("name", Value(part)), 0)
    is_long = rows.model is Volume and of >= limits.SAMPLE_ROWS
    if is_long and is_indexed(part) and _has_few(rows.order_by(order), has_it, many):
        return _looked_up(rows, rows.filter(name__contains=part))
    return rows.filter(has_it)


def as_case(condition: Exists) -> Case:
    """Return the condition as a value of a row.

    PostgreSQL turns a bare condition into a join, for which it reads the rows of all tenants.
    """
    return Case(
        When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()
    )


def is_mounted() -> Exists:
    """Return the condition that any application mounts the volume of the row."""
    return Exists(Attachment.objects.filter(volume=OuterRef("pk")))


def filter_mounted(rows: VolumeQuerySet, wanted: bool) -> VolumeQuerySet:
    return rows.filter(is_mounted() if wanted else ~is_mounted())


def read_label(text: str) -> tuple[str, str] | None:
    """Parse `key:value` as a label. Return None if it cannot be one."""
    key, colon, value = text.partition(":")
    return (key, value) if colon and is_label_key(key) and is_label_value(value) else None


def filter_labelled(rows: VolumeQuerySet, key: str, value: str) -> VolumeQuerySet:
    """Return the volumes with this label, which `read_label` has parsed."""
    # Neither part can contain a quote, so the pair in its JSON form occurs nowhere else. JSON
    # lookups would take a key such as "1" for an index.
    has_it = GreaterThan(StrIndex(Cast("labels", TextField()), Value(f'"{key}": "{value}"')), 0)
    if not _is_searched(rows) and _has_few(rows.order_by("pk"), has_it):
        return _looked_up(rows, rows.filter(labels__contains={key: value}))
    return rows.filter(has_it)


def _has_few(rows: models.QuerySet[Any], has_it: GreaterThan, many: int = FREQUENT_MATCHES) -> bool:
    """Return whether few of the first rows match, so that a walk may be long and an index is better."""
    if connection.vendor != "postgresql":
        return False
    first = rows.annotate(hit=Case(When(has_it, then=Value(1))))[: limits.SAMPLE_ROWS]
    counts = first.aggregate(rows=Count("pk"), hits=Count("hit"))
    return bool(counts["rows"] == limits.SAMPLE_ROWS and counts["hits"] < many)


def _is_searched(rows: models.QuerySet[Any]) -> bool:
    """Return whether a sample has already decided the plan: one is enough for a request."""
    searches = (GreaterThan, MaterializedIn)
    return any(isinstance(condition, searches) for condition in rows.query.where.children)


def _looked_up(rows: Rows, found: Rows) -> Rows:
    """Return the rows of `found`, which the database finds before it sorts them."""
    return rows.filter(MaterializedIn(F("pk"), Subquery(found.order_by().values("pk"))))


class MaterializedIn(Exact):
    """IN with a subquery that is evaluated first.

    PostgreSQL gets an array, whose content its planner cannot see. So it cannot choose to walk the list
    after all, as it may with IN.
    """

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"= ANY(ARRAY{rhs})" if connection.vendor == "postgresql" else f"IN {rhs}"
