"""Of too many volumes the newest, and all that are not settled, as errors never are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Count, Q, QuerySet, Subquery, Sum

from config import pagination
from volumes.models.volume import VolumeQuerySet

OF_NEWEST = "(SELECT %(total)s FROM (%(subquery)s) AS newest)"


@dataclass(frozen=True)
class ScanScope:
    """The volumes that a page looks at."""

    volumes: VolumeQuerySet
    most: int | None = None
    """How many of the newest those are, beside what is not settled; None for all of them."""


def scan_scope(volumes: VolumeQuerySet, *, of: int | None = None) -> ScanScope:
    """`of` is how many there are as `counted` says it, if that is known: few are not looked for."""
    most = pagination.MAX_COUNTED_ROWS
    if of is not None and of <= most:
        return ScanScope(volumes)
    last = volumes.order_by("-pk").values_list("pk", flat=True)[most : most + 1]
    if not last:
        return ScanScope(volumes)
    return ScanScope(volumes.filter(Q(pk__gt=last[0]) | Q(due_at__isnull=False)), most)


def capped_count_of(rows: QuerySet[Any], most: int) -> Subquery:
    """How many rows of an environment there are; one more than `most` stands for all that are more."""
    return _of_newest("COUNT(*)", rows.values("pk"), most + 1)


def sum_used(volumes: VolumeQuerySet, most: int) -> Subquery:
    """What the newest of an environment's volumes use together; null where nobody measured."""
    return _of_newest("SUM(used_size)", volumes.values("used_size"), most)


def usage_summary(volumes: VolumeQuerySet) -> dict[str, Any]:
    """What the newest use together, read once: `used`, and `is_cut` where there are more of them."""
    most = pagination.MAX_COUNTED_ROWS
    newest = volumes.order_by("-pk")[: most + 1]
    found = newest.aggregate(count=Count("*"), used=Sum("used_size"))
    return {"used": found["used"], "is_cut": found["count"] > most}


def _of_newest(total: str, rows: QuerySet[Any], most: int) -> Subquery:
    """In this order an index of the environment has them, whoever else has how many."""
    newest = rows.order_by("-pk")[:most]
    return Subquery(newest, BigIntegerField(), template=OF_NEWEST, total=total)
