"""Snapshots: taken once, or never, and removed."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import F

from volumes import storage
from volumes.backends import Backend, BackendError, StorageUnavailable
from volumes.models import Snapshot, SnapshotStatus
from volumes.reconciler.expiry import timeout_reason
from volumes.reconciler.outcomes import (
    Outcome,
    SnapshotCleared,
    SnapshotMissed,
    SnapshotPostponed,
    SnapshotReady,
    SnapshotRemoved,
)
from volumes.reconciler.targets.base import Target, reason_of

TIMESTAMP_PRECISION = 2.0  # seconds: the coarsest of any file system; attempts are farther apart


class SnapshotTarget(Target[Snapshot]):
    rows = Snapshot.objects.all()
    error_status = SnapshotStatus.ERROR
    has_quick_steps = False
    waits_since = F("created_at")

    def step(self, row: Snapshot, backend: Backend) -> Outcome:
        if row.is_deleted or row.is_missed:
            backend.delete_snapshot(str(row.volume_id), str(row.pk))
            return SnapshotRemoved(row) if row.is_deleted else SnapshotCleared(row)
        return _take(row, backend)

    def failure(self, row: Snapshot, error: BackendError) -> Outcome:
        """Return the outcome of an error. A removal is retried, an attempt to copy is not."""
        if row.is_deleted:
            return super().failure(row, error)
        is_no_attempt = row.is_missed or isinstance(error, StorageUnavailable)
        kind = SnapshotPostponed if is_no_attempt else SnapshotMissed
        return kind(row, reason_of(error), error.detail, status=self.error_status)

    def is_unwanted(self, row: Snapshot) -> bool:
        found = Snapshot.objects.filter(pk=row.pk)
        return found.missed().exists() or not found.exists()

    def clean_up_after_lost_lease(self, row: Snapshot, backend: Backend) -> None:
        backend.delete_snapshot(str(row.volume_id), str(row.pk))


def snapshot_consistency() -> str:
    """Return the consistency of a snapshot, `instant` or `files`, without accessing the storage."""
    return storage.build_backend("").consistency


def _missed(snapshot: Snapshot, reason: str) -> SnapshotMissed:
    return SnapshotMissed(snapshot, reason, status=SnapshotStatus.ERROR)


def _take(snapshot: Snapshot, backend: Backend) -> Outcome:
    # All these times come from the database, so that no other clock matters.
    since, until = snapshot.copying_since, snapshot.take_until
    assert since is not None
    if until is not None and since > until:
        return _missed(snapshot, timeout_reason())
    if reason := snapshot.volume.why_no_data:
        return _missed(snapshot, reason)
    began = backend.snapshot(str(snapshot.volume_id), str(snapshot.pk), since.timestamp())
    if since.timestamp() - began < TIMESTAMP_PRECISION:
        return SnapshotReady(snapshot, backend.consistency)
    earlier = max(datetime.fromtimestamp(began, UTC), snapshot.created_at)
    return SnapshotReady(snapshot, backend.consistency, taken_at=earlier)
