"""Volumes: created, filled, adopted, grown, checked and removed."""

from __future__ import annotations

import logging

from django.db.models.functions import Coalesce
from django.utils import timezone

from volumes.backends import Backend, DataState
from volumes.models import Volume, VolumeStatus
from volumes.reconciler.outcomes import Missing, Outcome, VolumeReady, VolumeRemoved
from volumes.reconciler.presence import check_data, missing_detail, missing_message
from volumes.reconciler.targets.base import Target

log = logging.getLogger("holdfast.reconciler")


class VolumeTarget(Target[Volume]):
    rows = Volume.objects.all()
    error_status = VolumeStatus.ERROR
    waits_since = Coalesce("grace_until", "modified_at")

    def is_bulk(self, row: Volume) -> bool:
        is_filled = bool(row.adopt_from) or row.restore_from_id is not None
        return row.is_deleted or (row.provisioned_size is None and is_filled)

    def step(self, row: Volume, backend: Backend) -> Outcome:
        handle = str(row.pk)
        if row.is_deleted:
            backend.delete(handle)
            return VolumeRemoved(row)
        size_enforced = row.size_enforced
        if row.provisioned_size is None:
            size_enforced = _create(row, backend)
        elif state := check_data(row, backend):
            return missing(row, state, backend)
        elif row.size > row.provisioned_size:
            size_enforced = backend.grow(handle, row.size)
        return VolumeReady(row, size_enforced)

    def is_unwanted(self, row: Volume) -> bool:
        return not self.rows.filter(pk=row.pk).exclude(status=VolumeStatus.DELETED).exists()

    def clean_up_after_lost_lease(self, row: Volume, backend: Backend) -> None:
        backend.delete(str(row.pk))


def missing(volume: Volume, state: DataState, backend: Backend) -> Missing:
    """Return the outcome of a check that found `state` instead of the volume's data."""
    since = volume.missing_since or timezone.now()
    message = missing_message(volume, state, since)
    detail = missing_detail(volume, state, backend, since)
    if volume.status_message != message:
        log.warning("data_missing", extra={"row": volume.ref, "cause": detail})
    return Missing(volume, message, detail, status=VolumeStatus.ERROR, since=since)


def _create(volume: Volume, backend: Backend) -> bool:
    """Create the data. Return whether its size is enforced."""
    handle = str(volume.pk)
    if volume.adopt_from:
        return backend.adopt(handle, volume.adopt_from, volume.size)
    if volume.restore_from is not None:
        source = volume.restore_from
        return backend.clone(str(source.volume_id), str(source.pk), handle, volume.size)
    return backend.create(handle, volume.size)
