"""One step: claim a row, make the storage match it, persist the outcome."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db.models.functions import Now
from django.utils import timezone

from config.faultpoints import faultpoint
from volumes.backends import Backend, BackendError, DataState, StorageUnavailable
from volumes.models import Snapshot, Volume, VolumeStatus
from volumes.models.base import STORAGE_UNAVAILABLE
from volumes.models.snapshot import SnapshotQuerySet
from volumes.models.volume import VolumeQuerySet
from volumes.reconciler import heartbeat
from volumes.reconciler.expiry import timeout_reason
from volumes.reconciler.heartbeat import LeasedRow
from volumes.reconciler.outcomes import (
    MAX_BACKOFF,
    Failed,
    Missing,
    Outcome,
    SnapshotCleared,
    SnapshotMissed,
    SnapshotPostponed,
    SnapshotReady,
    SnapshotRemoved,
    VolumeReady,
    VolumeRemoved,
    messages,
)
from volumes.reconciler.persistence import persist
from volumes.reconciler.presence import check_data, missing_detail, missing_message
from volumes.storage import storage

log = logging.getLogger("holdfast.reconciler")

TIMESTAMP_PRECISION = 2.0  # seconds: the coarsest of any file system; attempts are farther apart


def reconcile_row(rows: VolumeQuerySet | SnapshotQuerySet, pk: uuid.UUID) -> int:
    """Run steps of one row until it is settled or has to wait. Return the number of steps.

    `rows` limits the claim: `due()`, or `eligible()` to ignore the backoff after a failure.
    """
    steps = 0
    row = _claim(rows, pk)
    while row:
        steps += 1
        row = _claim(rows, pk) if step(row) else None
    return steps


def _claim(rows: VolumeQuerySet | SnapshotQuerySet, pk: uuid.UUID) -> LeasedRow | None:
    row: Iterable[LeasedRow] = rows.claim([pk])
    return next(iter(row), None)


def step(row: LeasedRow) -> bool:
    """Run a step of a claimed row. Return True if it succeeded and another step may follow."""
    with heartbeat.renewing(row):
        outcome = apply(row, storage())
    return bool(persist_and_follow_up([outcome]))


def persist_and_follow_up(outcomes: Sequence[Outcome]) -> list[LeasedRow]:
    """Persist outcomes, and clean up after lost leases. Return the rows that need another step."""
    persisted = persist(outcomes)
    for outcome in persisted.lost:
        if is_unwanted(outcome.row):
            remove_leftovers(outcome.row, storage())
    return persisted.follow_up


def apply(row: LeasedRow, backend: Backend) -> Outcome:
    """Make the storage match the row, and return the outcome. Makes no database query."""
    try:
        faultpoint("step:begun")
        outcome = (
            _apply_to_volume(row, backend)
            if isinstance(row, Volume)
            else _apply_to_snapshot(row, backend)
        )
        faultpoint("step:done")
        return outcome
    except BackendError as error:
        log.warning("step_failed", extra={"row": row.ref, "cause": error.detail})
        return _failed(row, error)
    except Exception as error:
        # A bug must neither stop other steps nor be retried in a tight loop.
        log.exception("step_crashed", extra={"row": row.ref})
        reason = "Something unexpected went wrong. It is tried again by itself."
        detail = f"{type(error).__name__}: the server's log has the traceback of {row.ref}."
        return _failed(row, BackendError(reason, detail, permanent=True))


def _failed(row: LeasedRow, error: BackendError) -> Outcome:
    """Return the outcome of an error. A volume is retried; a snapshot only before its copy began."""
    is_unavailable = isinstance(error, StorageUnavailable)
    reason = STORAGE_UNAVAILABLE if is_unavailable else error.message
    if isinstance(row, Snapshot) and not row.is_deleted:
        if row.is_missed or is_unavailable:
            return SnapshotPostponed(row, reason, error.detail)
        return SnapshotMissed(row, reason, error.detail)
    return Failed(row, reason, error.detail, permanent=error.permanent)


def _apply_to_volume(volume: Volume, backend: Backend) -> Outcome:
    handle = str(volume.pk)
    if volume.is_deleted:
        backend.delete(handle)
        return VolumeRemoved(volume)
    if volume.provisioned_size is None:
        _create(volume, backend)
    elif state := check_data(volume, backend):
        return _missing(volume, state, backend)
    elif volume.size > volume.provisioned_size:
        backend.grow(handle, volume.size)
    return VolumeReady(volume)


def _missing(volume: Volume, state: DataState, backend: Backend) -> Missing:
    since = volume.missing_since or timezone.now()
    message = missing_message(volume, state, since)
    detail = missing_detail(volume, state, backend, since)
    if volume.status_message != message:
        log.warning("data_missing", extra={"row": volume.ref, "cause": detail})
    return Missing(volume, message, detail, since=since)


def _create(volume: Volume, backend: Backend) -> None:
    handle = str(volume.pk)
    if volume.adopt_from:
        backend.adopt(handle, volume.adopt_from, volume.size)
    elif volume.restore_from is not None:
        source = volume.restore_from
        backend.clone(str(source.volume_id), str(source.pk), handle, volume.size)
    else:
        backend.create(handle, volume.size)


def _apply_to_snapshot(snapshot: Snapshot, backend: Backend) -> Outcome:
    handle = str(snapshot.volume_id)
    if snapshot.is_deleted:
        backend.delete_snapshot(handle, str(snapshot.pk))
        return SnapshotRemoved(snapshot)
    if snapshot.is_missed:
        backend.delete_snapshot(handle, str(snapshot.pk))
        return SnapshotCleared(snapshot)
    return _take_snapshot(snapshot, backend)


def _take_snapshot(snapshot: Snapshot, backend: Backend) -> Outcome:
    # All these times come from the database, so that no other clock matters.
    since, until = snapshot.copying_since, snapshot.take_until
    assert since is not None
    if until is not None and since > until:
        return SnapshotMissed(snapshot, timeout_reason())
    if reason := snapshot.volume.why_no_data:
        return SnapshotMissed(snapshot, reason)
    began = backend.snapshot(str(snapshot.volume_id), str(snapshot.pk), since.timestamp())
    if since.timestamp() - began < TIMESTAMP_PRECISION:
        return SnapshotReady(snapshot, backend.consistency)
    earlier = max(datetime.fromtimestamp(began, UTC), snapshot.created_at)
    return SnapshotReady(snapshot, backend.consistency, taken_at=earlier)


def check_row(volume: Volume) -> bool:
    """Return whether a settled volume's data is there. If it is missing, record that in the row.

    Raises BackendError if the storage cannot be read.
    """
    backend = storage()
    # Write only if the volume was not changed or deleted since it was read.
    unchanged = Volume.objects.settled().filter(pk=volume.pk, version=volume.version)
    state = check_data(volume, backend)
    if state is None:
        if volume.is_accepted:
            unchanged.update(is_accepted=False)
        return True
    outcome = _missing(volume, state, backend)
    unchanged.update(
        status=VolumeStatus.ERROR,
        **messages(outcome.reason, outcome.detail),
        missing_since=outcome.since,
        is_accepted=False,
        due_at=Now() + timedelta(seconds=MAX_BACKOFF),
    )
    return False


def is_unwanted(row: LeasedRow) -> bool:
    """Return whether the row is gone, so that data from a step with a lost lease must be removed."""
    if isinstance(row, Volume):
        return not Volume.objects.filter(pk=row.pk).exclude(status=VolumeStatus.DELETED).exists()
    rows = Snapshot.objects.filter(pk=row.pk)
    return rows.missed().exists() or not rows.exists()


def remove_leftovers(row: LeasedRow, backend: Backend) -> None:
    """Remove the data that a step created for a row that is gone."""
    if isinstance(row, Volume):
        backend.delete(str(row.pk))
    else:
        backend.delete_snapshot(str(row.volume_id), str(row.pk))
