"""Expire snapshots that waited too long: a later copy would show a later state of the data."""

from __future__ import annotations

import time

from django.conf import settings
from django.db.models.functions import Now

from volumes.models import Snapshot, SnapshotStatus
from volumes.reconciler.outcomes import FREE, missed_values

EXPIRY_INTERVAL = 1.0  # seconds between two checks


def timeout_reason() -> str:
    return f"it waited longer than {settings.SNAPSHOT_WAIT} seconds"


def expire_snapshots() -> int:
    """Set snapshots to error whose copy did not begin in time. Return their number.

    Snapshots under copy stay: their copy began in time. The next step removes leftovers of an
    interrupted attempt.
    """
    expired = Snapshot.objects.waiting().free().filter(take_until__lt=Now())
    return expired.update(
        **FREE,
        **missed_values(timeout_reason()),
        status=SnapshotStatus.ERROR,
        due_at=Now(),
        attempts=0,
    )


class ExpiryTimer:
    """Expires snapshots at most once in EXPIRY_INTERVAL, however often it is called."""

    def __init__(self) -> None:
        self._last = -EXPIRY_INTERVAL

    def run_due(self) -> None:
        if time.monotonic() - self._last >= EXPIRY_INTERVAL:
            self._last = time.monotonic()
            expire_snapshots()
