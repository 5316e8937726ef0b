"""What an operator sees first: how many, how much, how fast, and what needs somebody."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.utils import timezone

from accounts.models import Revision, Token
from volumes.models import Installation, Snapshot, StorageScan, UsageSample, Volume, VolumeStatus
from volumes.presentation.timeline import Entry, entries

COUNTED = 30_000
"""So many of the newest volumes are counted and summed, and of the others those that are not settled."""
FOLLOWED = 1_000
"""Where there are more volumes, so many tell of growth: those that were measured last."""
DAYS = 30
STEP = 5
LINES = 8
TOKENS_WITHIN = timedelta(days=14)


@dataclass(frozen=True)
class Totals:
    """Of all volumes whose rows are kept; of too many, of COUNTED and what is not settled."""

    by_status: list[tuple[str, int]]
    asked: int
    held: int
    used: int
    is_whole: bool
    """Otherwise each figure is the least that it can be."""

    @property
    def volumes(self) -> int:
        return sum(count for _, count in self.by_status)

    @property
    def held_part(self) -> int:
        """In thousandths of what is asked for."""
        return min(1000, self.held * 1000 // (self.asked or 1))

    @property
    def used_part(self) -> int:
        return min(1000, self.used * 1000 // (self.asked or 1))


def totals() -> Totals:
    """One question; where there are more than COUNTED volumes, two more."""
    newest = Volume.objects.order_by("-pk")
    found = _summed(newest[:COUNTED])
    is_whole = sum(found[status] for status in VolumeStatus.values) < COUNTED
    if not is_whole:
        last = newest.values_list("pk", flat=True)[COUNTED - 1]
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
    """What all volumes used together, some days apart, the last one now."""

    points: list[tuple[datetime, int]]
    of: int | None = None
    """How many volumes, where they are not all of them."""

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
        """The points in a picture of 300 by 60, as SVG writes them."""
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
    """One look-up by index for each followed volume and point: never a walk through all samples.

    `volumes` is how many there are, or at least.
    """
    followed: QuerySet[Volume] = Volume.objects.order_by()
    pks = None
    if volumes > FOLLOWED:
        lately = UsageSample.objects.order_by("-pk").values_list("volume", flat=True)
        pks = set(lately[:FOLLOWED])
        followed = followed.filter(pk__in=pks)
    now = timezone.now()
    days = [now - timedelta(days=ago) for ago in range(DAYS, -1, -STEP)]
    columns = {f"at_{place}": _used_at(day) for place, day in enumerate(days)}
    sums = {f"sum_{place}": _sum_of_standing(place, day) for place, day in enumerate(days)}
    found = followed.annotate(**columns).aggregate(**sums)
    points = [(day, found[f"sum_{place}"] or 0) for place, day in enumerate(days)]
    return Growth(points, None if pks is None else len(pks))


def _used_at(day: datetime) -> Subquery:
    samples = UsageSample.objects.filter(volume=OuterRef("pk"), at__lte=day)
    return Subquery(samples.order_by("-at").values("used_size")[:1])


def _sum_of_standing(place: int, day: datetime) -> Sum:
    """Of the volumes that were not deleted by then."""
    stood = Q(deleted_at__isnull=True) | Q(deleted_at__gt=day)
    return Sum(f"at_{place}", filter=stood)


def unsettled() -> tuple[int, list[Any]]:
    """How many rows wait for the storage, and the oldest wishes among them."""
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
    """How storage and rows agreed when somebody last looked."""

    scan: StorageScan | None
    checked_at: datetime | None
    missing: list[Volume]
    missing_count: int


def last_look() -> ScanSummary:
    """Missing data is looked for every hour and noted on its row, orphans are every day."""
    # No row settles while its data is missing, and an index has those that are not settled.
    missing = Volume.objects.live().unsettled().filter(missing_since__isnull=False)
    rows = list(
        missing.select_related("environment__company").order_by("missing_since")[: LINES + 1]
    )
    checked = Installation.objects.values_list("checked_at", flat=True).first()
    return ScanSummary(StorageScan.objects.first(), checked, rows[:LINES], len(rows))


def expiring_tokens() -> list[Token]:
    soon = timezone.now() + TOKENS_WITHIN
    usable = Token.objects.usable().filter(expires_at__isnull=False)  # as the index has it
    found = usable.filter(expires_at__lte=soon).select_related("owner")
    return list(found.order_by("expires_at")[:LINES])


def latest_changes() -> list[Entry]:
    return entries(list(Revision.objects.order_by("-pk")[:LINES]))
