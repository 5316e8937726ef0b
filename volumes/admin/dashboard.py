"""What an operator sees first: how many, how much, how fast, and what needs somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.utils import timezone

from accounts.models import Revision, Token
from volumes.models import Installation, Snapshot, StorageScan, UsageSample, Volume, VolumeStatus
from volumes.pages.history import Entry, entries

DAYS = 30
STEP = 5
LINES = 8
TOKENS_WITHIN = timedelta(days=14)


@dataclass(frozen=True)
class Totals:
    """Of all volumes whose rows are kept."""

    by_status: list[tuple[str, int]]
    asked: int
    held: int
    used: int

    @property
    def held_part(self) -> int:
        """In thousandths of what is asked for."""
        return min(1000, self.held * 1000 // (self.asked or 1))

    @property
    def used_part(self) -> int:
        return min(1000, self.used * 1000 // (self.asked or 1))


def totals() -> Totals:
    rows = (
        Volume.objects.order_by()
        .values("status")
        .annotate(
            count=Count("pk"),
            asked=Sum("size", filter=~Q(status=VolumeStatus.DELETED)),
            held=Sum("provisioned_size"),
            full=Sum("used_size", filter=Q(is_deleted=False)),
        )
    )
    found = {row["status"]: row for row in rows}
    sums = {key: sum(row[key] or 0 for row in found.values()) for key in ("asked", "held", "full")}
    return Totals(
        by_status=[
            (one, found[one]["count"] if one in found else 0) for one in VolumeStatus.values
        ],
        asked=sums["asked"],
        held=sums["held"],
        used=sums["full"],
    )


@dataclass(frozen=True)
class Growth:
    """What all volumes used together, some days apart, the last one now."""

    points: list[tuple[datetime, int]]

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


def growth() -> Growth:
    """One look-up by index for each volume and point: never a walk through all samples."""
    now = timezone.now()
    days = [now - timedelta(days=ago) for ago in range(DAYS, -1, -STEP)]
    columns = {f"at_{place}": _used_at(day) for place, day in enumerate(days)}
    sums = {f"sum_{place}": _sum_of_standing(place, day) for place, day in enumerate(days)}
    found = Volume.objects.order_by().annotate(**columns).aggregate(**sums)
    return Growth([(day, found[f"sum_{place}"] or 0) for place, day in enumerate(days)])


def _used_at(day: datetime) -> Subquery:
    samples = UsageSample.objects.filter(volume=OuterRef("pk"), at__lte=day)
    return Subquery(samples.order_by("-at").values("used_size")[:1])


def _sum_of_standing(place: int, day: datetime) -> Sum:
    """Of the volumes that were not deleted by then."""
    stood = Q(deleted_at__isnull=True) | Q(deleted_at__gt=day)
    return Sum(f"at_{place}", filter=stood)


def unsettled() -> tuple[int, list[Any]]:
    """How many rows wait for the storage, and the oldest wishes among them."""
    volumes = Volume.objects.ripe().select_related("environment__company").order_by("modified_at")
    snapshots = Snapshot.objects.ripe().select_related("volume").order_by("created_at")
    oldest: list[Any] = [(row.modified_at, row) for row in volumes[: LINES + 1]]
    oldest += [(row.created_at, row) for row in snapshots[: LINES + 1]]
    oldest.sort(key=lambda pair: pair[0])
    return len(oldest), oldest[:LINES]


@dataclass(frozen=True)
class Look:
    """How storage and rows agreed when somebody last looked."""

    scan: StorageScan | None
    checked_at: datetime | None
    missing: list[Volume]
    missing_count: int


def last_look() -> Look:
    """Missing data is looked for every hour and noted on its row, orphans are every day."""
    missing = Volume.objects.live().filter(missing_since__isnull=False)
    rows = list(
        missing.select_related("environment__company").order_by("missing_since")[: LINES + 1]
    )
    checked = Installation.objects.values_list("checked_at", flat=True).first()
    return Look(StorageScan.objects.first(), checked, rows[:LINES], len(rows))


def expiring_tokens() -> list[Token]:
    soon = timezone.now() + TOKENS_WITHIN
    found = Token.objects.usable().filter(expires_at__lte=soon).select_related("owner")
    return list(found.order_by("expires_at")[:LINES])


def latest_changes() -> list[Entry]:
    return entries(list(Revision.objects.order_by("-pk")[:LINES]))
