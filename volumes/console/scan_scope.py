"""Limit a page with too many volumes to the newest and every unsettled one (errors are unsettled)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Count, Q, QuerySet, Subquery, Sum

from config import limits
from volumes.models.volume import VolumeQuerySet

OF_NEWEST = "(SELECT %(total)s FROM (%(subquery)s) AS newest)"


@dataclass(frozen=True)
class ScanScope:
    """The volumes that a page reads."""

    volumes: VolumeQuerySet
    most: int | None = None
    """The number of newest volumes, in addition to unsettled ones; None for all volumes."""


def scan_scope(volumes: VolumeQuerySet, *, of: int | None = None) -> ScanScope:
    """Return the scope. `of` is the capped count of the volumes, if known, which saves a query."""
    most = limits.MAX_COUNTED_ROWS
    if of is not None and of <= most:
        return ScanScope(volumes)
    last = volumes.order_by("-pk").values_list("pk", flat=True)[most : most + 1]
    if not last:
        return ScanScope(volumes)
    return ScanScope(volumes.filter(Q(pk__gt=last[0]) | Q(due_at__isnull=False)), most)


def capped_count_of(rows: QuerySet[Any], most: int) -> Subquery:
    """Return the number of rows of an environment, at most `most` + 1."""
    return _of_newest("COUNT(*)", rows.values("pk"), most + 1)


def sum_used(volumes: VolumeQuerySet, most: int) -> Subquery:
    """Return the usage of an environment's newest volumes together; null without measurements."""
    return _of_newest("SUM(used_size)", volumes.values("used_size"), most)


def usage_summary(volumes: VolumeQuerySet) -> dict[str, Any]:
    """Return the usage of the newest volumes as `used`, and as `is_cut` whether there are more."""
    most = limits.MAX_COUNTED_ROWS
    newest = volumes.order_by("-pk")[: most + 1]
    found = newest.aggregate(count=Count("*"), used=Sum("used_size"))
    return {"used": found["used"], "is_cut": found["count"] > most}


def _of_newest(total: str, rows: QuerySet[Any], most: int) -> Subquery:
    """Aggregate the newest rows. The index of the environment has them in this order."""
    newest = rows.order_by("-pk")[:most]
    return Subquery(newest, BigIntegerField(), template=OF_NEWEST, total=total)
