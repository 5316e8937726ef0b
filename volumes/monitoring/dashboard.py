"""Figures of the admin's dashboard: counts, sizes, growth, and rows that need attention."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.utils import timezone

from accounts.models import Revision, Token
from config import limits
from volumes.models import Installation, Snapshot, StorageScan, UsageSample, Volume, VolumeStatus
from volumes.presentation.timeline import Entry, entries

DAYS = 30
STEP = 5
LINES = 8
TOKENS_WITHIN = timedelta(days=14)


@dataclass(frozen=True)
class Totals:
    """Totals of all volumes with rows; of too many, of the newest and of the unsettled ones."""

    by_status: list[tuple[str, int]]
    asked: int
    held: int
    used: int
    is_whole: bool
    """False if the totals are partial: each figure is then a lower bound."""

    @property
    def volumes(self) -> int:
        return sum(count for _, count in self.by_status)

    @property
    def held_part(self) -> int:
        """Return the provisioned share of the requested size, in thousandths."""
        return min(1000, self.held * 1000 // (self.asked or 1))

    @property
    def used_part(self) -> int:
        return min(1000, self.used * 1000 // (self.asked or 1))


def totals() -> Totals:
    """Return the totals. Makes one query, or three with more than MAX_SUMMED_VOLUMES volumes."""
    newest = Volume.objects.order_by("-pk")
    found = _summed(newest[: limits.MAX_SUMMED_VOLUMES])
    is_whole = sum(found[status] for status in VolumeStatus.values) < limits.MAX_SUMMED_VOLUMES
    if not is_whole:
        last = newest.values_list("pk", flat=True)[limits.MAX_SUMMED_VOLUMES - 1]
        found += _summed(Volume.objects.order_by().unsettled().exclude(pk__gte=last))
    return Totals(
        by_status=[(status, found[status]) for status in VolumeStatus.values],
        is_whole=is_whole,
        **{name: found[name] for name in SUMS},
    )


COUNTS = {status: Count(Value(1), filter=Q(status=status)) for status in VolumeStatus.values}
SUMS = {
    "asked": Sum("size", filter=~Q(status=VolumeStatus.DELETED)),
    "held": Sum("provisioned_size"),
    "used": Sum("used_size", filter=Q(is_deleted=False)),
}


def _summed(volumes: QuerySet[Volume]) -> Counter[str]:
    return Counter({name: sum_ or 0 for name, sum_ in volumes.aggregate(**COUNTS, **SUMS).items()})


@dataclass(frozen=True)
class Growth:
    """The usage of all volumes together at several times, the last one now."""

    points: list[tuple[datetime, int]]
    of: int | None = None
    """The number of volumes, if these are not all."""

    @property
    def now(self) -> int:
        return self.points[-1][1]

    @property
    def added(self) -> int:
        return self.now - self.points[0][1]

    @property
    def lost(self) -> int:
        return -self.added

    @property
    def line(self) -> str:
        """Return the points of an SVG polyline in a picture of 300 by 60."""
        most = max(used for _, used in self.points) or 1
        step = 300 / (len(self.points) - 1)
        return " ".join(
            f"{place * step:.0f},{58 - used * 54 / most:.1f}"
            for place, (_, used) in enumerate(self.points)
        )

    @property
    def is_known(self) -> bool:
        return any(used for _, used in self.points)


def growth(volumes: int) -> Growth:
    """Return the growth. Makes one index lookup for each followed volume and point.

    `volumes` is the number of volumes, or a lower bound. The query never reads all samples.
    """
    followed: QuerySet[Volume] = Volume.objects.order_by()
    pks = None
    if volumes > limits.MAX_FOLLOWED_VOLUMES:
        lately = UsageSample.objects.order_by("-pk").values_list("volume", flat=True)
        pks = set(lately[: limits.MAX_FOLLOWED_VOLUMES])
        followed = followed.filter(pk__in=pks)
    now = timezone.now()
    days = [now - timedelta(days=ago) for ago in range(DAYS, -1, -STEP)]
    columns = {f"at_{place}": _used_at(day) for place, day in enumerate(days)}
    sums = {f"sum_{place}": _sum_of_live(place, day) for place, day in enumerate(days)}
    found = followed.annotate(**columns).aggregate(**sums)
    points = [(day, found[f"sum_{place}"] or 0) for place, day in enumerate(days)]
    return Growth(points, None if pks is None else len(pks))


def _used_at(day: datetime) -> Subquery:
    samples = UsageSample.objects.filter(volume=OuterRef("pk"), at__lte=day)
    return Subquery(samples.order_by("-at").values("used_size")[:1])


def _sum_of_live(place: int, day: datetime) -> Sum:
    """Return the sum over volumes that were not deleted on that day."""
    was_live = Q(deleted_at__isnull=True) | Q(deleted_at__gt=day)
    return Sum(f"at_{place}", filter=was_live)


def unsettled() -> tuple[int, list[Any]]:
    """Return the number of unsettled rows, at most a few more than shown, and the oldest of them."""
    volumes = (
        Volume.objects.eligible().select_related("environment__company").order_by("modified_at")
    )
    snapshots = Snapshot.objects.eligible().select_related("volume").order_by("created_at")
    oldest: list[Any] = [(row.modified_at, row) for row in volumes[: LINES + 1]]
    oldest += [(row.created_at, row) for row in snapshots[: LINES + 1]]
    oldest.sort(key=lambda pair: pair[0])
    return len(oldest), oldest[:LINES]


@dataclass(frozen=True)
class ScanSummary:
    """The results of the last storage scan and data check."""

    scan: StorageScan | None
    checked_at: datetime | None
    missing: list[Volume]
    missing_count: int


def last_look() -> ScanSummary:
    """Return the last results: data is checked every hour, orphans are searched every day."""
    # A row with missing data is never settled, so the index of unsettled rows finds it.
    missing = Volume.objects.live().unsettled().filter(missing_since__isnull=False)
    rows = list(
        missing.select_related("environment__company").order_by("missing_since")[: LINES + 1]
    )
    checked = Installation.objects.values_list("checked_at", flat=True).first()
    return ScanSummary(StorageScan.objects.first(), checked, rows[:LINES], len(rows))


def expiring_tokens() -> list[Token]:
    soon = timezone.now() + TOKENS_WITHIN
    usable = Token.objects.usable().filter(expires_at__isnull=False)  # the condition of the index
    found = usable.filter(expires_at__lte=soon).select_related("owner")
    return list(found.order_by("expires_at")[:LINES])


def latest_changes() -> list[Entry]:
    return entries(list(Revision.objects.order_by("-pk")[:LINES]))
