"""One step: claim a row, make the storage so, record what was seen."""

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
from volumes.reconciler.expiry import waited_too_long
from volumes.reconciler.heartbeat import LeasedRow
from volumes.reconciler.outcomes import (
    LONGEST_PAUSE,
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

PRECISION = 2.0  # seconds, of the times that any file system keeps; attempts are farther apart


def reconcile_row(rows: VolumeQuerySet | SnapshotQuerySet, pk: uuid.UUID) -> int:
    """Take steps with one row until it is settled or has to wait. Returns how many were taken.

    `rows` says which rows may be claimed: `due()`, or `ripe()` to look past the pause of a failure.
    """
    steps = 0
    row = _claimed(rows, pk)
    while row:
        steps += 1
        row = _claimed(rows, pk) if step(row) else None
    return steps


def _claimed(rows: VolumeQuerySet | SnapshotQuerySet, pk: uuid.UUID) -> LeasedRow | None:
    claimed: Iterable[LeasedRow] = rows.claim([pk])
    return next(iter(claimed), None)


def step(row: LeasedRow) -> bool:
    """Work on a claimed row. True where it went well, but another step may be worth it."""
    with heartbeat.renewing(row):
        outcome = apply(row, storage())
    return bool(persist_and_follow_up([outcome]))


def persist_and_follow_up(outcomes: Sequence[Outcome]) -> list[LeasedRow]:
    """Record what steps saw. Returns the rows for which another one may be worth it at once."""
    lost = persist(outcomes)
    for outcome in lost:
        if is_unwanted(outcome.row):
            remove_leftovers(outcome.row, storage())
    ours = (outcome for outcome in outcomes if outcome.succeeded and outcome not in lost)
    return [outcome.row for outcome in ours if outcome.row.due_at is not None]


def apply(row: LeasedRow, backend: Backend) -> Outcome:
    """Make the storage what the row says, and say what came of it. Asks the database nothing."""
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
        log.warning("%s: %s", row.ref, error.detail, extra={"row": row.ref})
        return _failed(row, error)
    except Exception as error:
        # A bug of ours must not stop the others, nor be retried in a tight circle.
        log.exception("a step failed unexpectedly", extra={"row": row.ref})
        reason = "Something unexpected went wrong. It is tried again by itself."
        detail = f"{type(error).__name__}: the server's log has the traceback of {row.ref}."
        return _failed(row, BackendError(reason, detail, permanent=True))


def _failed(row: LeasedRow, error: BackendError) -> Outcome:
    """What a failure means: a volume is tried again, a snapshot only while that makes it no other."""
    is_away = isinstance(error, StorageUnavailable)
    reason = STORAGE_UNAVAILABLE if is_away else error.message
    if isinstance(row, Snapshot) and not row.is_deleted:
        if row.is_missed or is_away:
            return SnapshotPostponed(row, reason, error.detail)
        return SnapshotMissed(row, reason, error.detail)
    return Failed(row, reason, error.detail, hopeless=error.permanent)


def _apply_to_volume(volume: Volume, backend: Backend) -> Outcome:
    handle = str(volume.pk)
    if volume.is_deleted:
        backend.delete(handle)
        return VolumeRemoved(volume)
    if volume.provisioned_size is None:
        _make(volume, backend)
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
        log.warning("%s: %s", volume.ref, detail, extra={"row": volume.ref})
    return Missing(volume, message, detail, since=since)


def _make(volume: Volume, backend: Backend) -> None:
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
    # All of these are times of the database, so that no other clock decides.
    since, until = snapshot.copying_since, snapshot.take_until
    assert since is not None
    if until is not None and since > until:
        return SnapshotMissed(snapshot, waited_too_long())
    if reason := snapshot.volume.why_no_data:
        return SnapshotMissed(snapshot, reason)
    began = backend.snapshot(str(snapshot.volume_id), str(snapshot.pk), since.timestamp())
    if since.timestamp() - began < PRECISION:
        return SnapshotReady(snapshot, backend.consistency)
    earlier = max(datetime.fromtimestamp(began, UTC), snapshot.created_at)
    return SnapshotReady(snapshot, backend.consistency, taken_at=earlier)


def check_row(volume: Volume) -> bool:
    """Whether a settled volume's data is there; where it is not, the row says so from now on.

    Raises BackendError while the storage cannot say.
    """
    backend = storage()
    # Only if it is still what was looked at: nobody deleted or changed it meanwhile.
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
        due_at=Now() + timedelta(seconds=LONGEST_PAUSE),
    )
    return False


def is_unwanted(row: LeasedRow) -> bool:
    """Whether a row is gone, so that what a step made after losing its lease must go too."""
    if isinstance(row, Volume):
        return not Volume.objects.filter(pk=row.pk).exclude(status=VolumeStatus.DELETED).exists()
    rows = Snapshot.objects.filter(pk=row.pk)
    return rows.missed().exists() or not rows.exists()


def remove_leftovers(row: LeasedRow, backend: Backend) -> None:
    """Remove what a step made of a row that is gone."""
    if isinstance(row, Volume):
        backend.delete(str(row.pk))
    else:
        backend.delete_snapshot(str(row.volume_id), str(row.pk))
