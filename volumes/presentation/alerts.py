"""Alerts about volumes, the worst first: their conditions, explanations and actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone

from volumes.models import Snapshot, SnapshotStatus, Volume, VolumeStatus
from volumes.presentation import formatting
from volumes.queries.search import as_case, is_mounted

FULL = 80
UNUSED_FOR = timedelta(days=30)
NO_SNAPSHOT_FOR = timedelta(days=7)

FULLNESS = F("used_size") * 1000 / F("size")
"""Usage in thousandths of the size; null without a measurement."""


@dataclass(frozen=True)
class AlertRule:
    key: str
    """Value of the filter in the address of a list."""
    title: str
    condition: Any
    """A filter of volumes."""
    kind: str
    explain: Callable[[Volume], str]
    about_several: str
    action: str
    page: str
    list_individually: bool
    """True if each volume gets its own line."""

    @property
    def is_full(self) -> bool:
        return self.key == "full"


def _why_error(volume: Volume) -> str:
    return volume.status_message or "It is not as it should be. Holdfast keeps trying."


def _why_full(volume: Volume) -> str:
    full = formatting.percent(volume.used_size, volume.size)
    at = getattr(volume, "full_at", None)
    pace = f", and full {formatting.future_day(at)} at this pace" if at and full < 100 else ""
    return f"{full} % full{pace}."


def _why_unused(volume: Volume) -> str:
    assert volume.detached_at
    days = (timezone.now() - volume.detached_at).days
    return f"No application has used it for {days} days."


def _has_recent_snapshot() -> Case:
    recent = Snapshot.objects.live().filter(
        volume=OuterRef("pk"),
        status=SnapshotStatus.READY,
        taken_at__gt=Now() - NO_SNAPSHOT_FOR,
    )
    return as_case(Exists(recent))


TROUBLES = [
    AlertRule(
        key="error",
        title="In error",
        condition=Q(status=VolumeStatus.ERROR),
        kind="bad",
        explain=_why_error,
        about_several="in error.",
        action="Look",
        page="volume",
        list_individually=True,
    ),
    AlertRule(
        key="full",
        title=f"{FULL} % full or more",
        condition=GreaterThanOrEqual(F("used_size") * 100, F("size") * FULL),
        kind="warning",
        explain=_why_full,
        about_several=f"at least {FULL} % full.",
        action="Grow",
        page="grow_volume",
        list_individually=True,
    ),
    AlertRule(
        key="unused",
        title=f"Unused for {UNUSED_FOR.days} days",
        # A protected volume is kept on purpose.
        condition=Q(protected=False, detached_at__lte=Now() - UNUSED_FOR) & ~is_mounted(),
        kind="muted",
        explain=_why_unused,
        about_several=f"used by no application for {UNUSED_FOR.days} days.",
        action="Attach",
        page="attach",
        list_individually=False,
    ),
    AlertRule(
        key="bare",
        title=f"No snapshot for {NO_SNAPSHOT_FOR.days} days",
        condition=Q(provisioned_size__isnull=False, created_at__lte=Now() - NO_SNAPSHOT_FOR)
        & ~Q(_has_recent_snapshot()),
        kind="muted",
        explain=lambda volume: f"It has no snapshot of the last {NO_SNAPSHOT_FOR.days} days.",
        about_several=f"without a snapshot of the last {NO_SNAPSHOT_FOR.days} days.",
        action="Take one",
        page="take_snapshot",
        list_individually=False,
    ),
]
