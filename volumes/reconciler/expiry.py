"""Snapshots that waited too long to be of the moment for which they were requested."""

from __future__ import annotations

import time

from django.conf import settings
from django.db.models.functions import Now

from volumes.models import Snapshot, SnapshotStatus
from volumes.reconciler.outcomes import FREE, missed_values

EXPIRY_INTERVAL = 1.0  # seconds between two looks


def waited_too_long() -> str:
    return f"it waited longer than {settings.SNAPSHOT_WAIT} seconds"


def expire_snapshots() -> int:
    """End the wait of snapshots that nobody began to copy in time. Returns how many these were.

    Those that are being copied stay: they began in time. What an interrupted attempt left is removed by
    the next step.
    """
    late = Snapshot.objects.waiting().free().filter(take_until__lt=Now())
    return late.update(
        **FREE,
        **missed_values(waited_too_long()),
        status=SnapshotStatus.ERROR,
        due_at=Now(),
        attempts=0,
    )


class ExpiryTimer:
    """Expires snapshots again and again, however often it is asked."""

    def __init__(self) -> None:
        self._last = -EXPIRY_INTERVAL

    def run_due(self) -> None:
        if time.monotonic() - self._last >= EXPIRY_INTERVAL:
            self._last = time.monotonic()
            expire_snapshots()
