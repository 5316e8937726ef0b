"""One step: claim a row, make the storage so, record what was seen."""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from volumes.backends import BackendError
from volumes.backends.faultpoints import faultpoint
from volumes.models import Snapshot, SnapshotStatus, Volume, VolumeStatus
from volumes.querysets import SnapshotQuerySet, VolumeQuerySet
from volumes.reconciler import leases, outcomes
from volumes.storage import storage

log = logging.getLogger("holdfast.reconciler")

LONGEST_PAUSE = 20.0
"""Seconds. With a step's own time this keeps "settled within 60 s of the last fault"."""

FREE = {"lease_owner": None, "lease_until": None}


def settle(rows: VolumeQuerySet | SnapshotQuerySet, pk: uuid.UUID) -> int:
    """Take steps with one row until it is settled or has to wait. Returns how many were taken.

    `rows` says which rows may be claimed: `due()`, or `ripe()` to look past the pause of a failure.
    """
    steps = 0
    while (row := rows.claim(pk)) is not None:
        steps += 1
        faultpoint("step:claimed")
        if not step(row):
            break
    return steps


def in_thread(work: Callable[[], int]) -> int:
    """Work as a pool's thread does it: nothing it raises is lost, no connection stays behind.

    What is given up here is still written in its row, so the next sweep takes it up again.
    """
    try:
        return work()
    except Exception:
        log.exception("a step was given up")
        return 0
    finally:
        connection.close()


def step(row: Volume | Snapshot) -> bool:
    """Work on a claimed row. True where it went well, so that another step may be worth it."""
    try:
        with leases.kept(row):
            faultpoint("step:begun")
            record = _bring_about_volume(row) if isinstance(row, Volume) else _bring_about(row)
        faultpoint("step:done")
    except DataMissing as missing:
        fail(row, outcomes.missing_message(missing.since), missing_since=missing.since)
        return False
    except BackendError as error:
        fail(row, error.message, hopeless=error.permanent)
        return False
    except Exception:
        # A bug of ours must not stop the others, nor be retried in a tight circle.
        log.exception("a step failed unexpectedly", extra={"row": row.ref})
        fail(row, "Something unexpected went wrong; the server's log says what.", hopeless=True)
        return False
    if not record():
        _clean_up_after_losing(row)
        return False
    faultpoint("step:recorded")
    return True


class DataMissing(Exception):
    """The data was there once and is not now. Looked for again, never made anew."""

    def __init__(self, since: datetime) -> None:
        super().__init__(since)
        self.since = since


def _bring_about_volume(volume: Volume) -> outcomes.Record:
    backend, handle = storage(), str(volume.pk)
    if volume.is_deleted:
        backend.delete(handle)
        return outcomes.volume_is_gone(volume)
    if volume.provisioned_size is None:
        _make(volume)
    elif not backend.exists(handle):
        raise DataMissing(volume.missing_since or timezone.now())
    elif volume.size > volume.provisioned_size:
        backend.grow(handle, volume.size)
    return outcomes.volume_is_held(volume, volume.size)


def _make(volume: Volume) -> None:
    backend, handle = storage(), str(volume.pk)
    if volume.adopt_from:
        backend.adopt(handle, volume.adopt_from, volume.size)
    elif volume.restore_from is not None:
        source = volume.restore_from
        backend.clone(str(source.volume_id), str(source.pk), handle, volume.size)
    else:
        backend.create(handle, volume.size)


def _bring_about(snapshot: Snapshot) -> outcomes.Record:
    backend, handle = storage(), str(snapshot.volume_id)
    if snapshot.is_deleted:
        backend.delete_snapshot(handle, str(snapshot.pk))
        return outcomes.snapshot_is_gone(snapshot)
    if not snapshot.is_made:
        backend.snapshot(handle, str(snapshot.pk))
    return outcomes.snapshot_is_ready(snapshot)


def fail(row: Volume | Snapshot, reason: str, *, hopeless: bool = False, **also: Any) -> None:
    """Note why it did not work and when to try again: growing, jittered pauses.

    `hopeless` is for what another try alone cannot mend: the longest pause at once.
    """
    log.warning("%s: %s", row.ref, reason, extra={"row": row.ref})
    pause = LONGEST_PAUSE if hopeless else min(LONGEST_PAUSE, 2.0 ** min(row.attempts, 10) / 2)
    mine = type(row)._default_manager.filter(pk=row.pk, lease_owner=row.lease_owner)
    noted = mine.filter(is_deleted=row.is_deleted).update(
        status=VolumeStatus.ERROR if isinstance(row, Volume) else SnapshotStatus.ERROR,
        status_message=reason[:500],
        attempts=F("attempts") + 1,
        due_at=Now() + timedelta(seconds=pause * random.uniform(0.5, 1)),
        **FREE,
        **also,
    )
    if not noted:
        # Deleted meanwhile: what failed is not wanted any more, and what is now is due in its time.
        mine.update(**FREE)


def look_at(volume: Volume) -> bool:
    """Whether a settled volume's data is there; where it is not, the row says so from now on.

    Raises BackendError while the storage cannot say.
    """
    if storage().exists(str(volume.pk)):
        return True
    now = timezone.now()
    # Only if it is still what was looked at: nobody deleted or changed it meanwhile.
    Volume.objects.settled().filter(pk=volume.pk, version=volume.version).update(
        status=VolumeStatus.ERROR,
        status_message=outcomes.missing_message(now),
        missing_since=now,
        due_at=Now() + timedelta(seconds=LONGEST_PAUSE),
    )
    return False


def _clean_up_after_losing(row: Volume | Snapshot) -> None:
    """What a step made after its lease had passed to another must not outlive its row."""
    if isinstance(row, Volume):
        if not Volume.objects.filter(pk=row.pk).exclude(status=VolumeStatus.DELETED).exists():
            storage().delete(str(row.pk))
    elif not Snapshot.objects.filter(pk=row.pk).exists():
        storage().delete_snapshot(str(row.volume_id), str(row.pk))
