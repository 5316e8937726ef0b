"""Limits on the sizes of volumes: checked every hour, and set for volumes that have none yet."""

from __future__ import annotations

import logging
from collections.abc import Callable

from volumes.backends import Backend, BackendError
from volumes.models import Volume
from volumes.models.volume import VolumeQuerySet
from volumes.reconciler.rounds import Rounds, for_each
from volumes.storage import storage

log = logging.getLogger("holdfast.reconciler")


def check_limit(volume: Volume, backend: Backend) -> bool:
    """Return whether the volume's size is enforced, after repairing its limit. Raises BackendError."""
    found = backend.check_limit(str(volume.pk), volume.size)
    if found.repaired:
        log.warning("limit_repaired", extra={"row": volume.ref, "cause": found.repaired})
    return found.is_enforced


def report_unexpected_usage() -> None:
    """Log what escapes the limits of volumes."""
    try:
        for sentence in storage().unowned_usage():
            log.warning("usage_of_no_volume", extra={"cause": sentence})
    except BackendError as error:
        log.warning("storage_check_failed", extra={"cause": error.detail})


def without_limit() -> VolumeQuerySet:
    """Return the volumes whose data was created before its size could be enforced."""
    return Volume.objects.with_data().filter(size_enforced=False)


def limit_existing(on_done: Callable[[], object]) -> tuple[int, list[str]]:
    """Limit every volume that has no limit yet. After an interruption, the next call continues.

    Returns the number of volumes that got one, and a sentence for each that did not. Raises
    StorageUnavailable.
    """
    rounds = Rounds(without_limit(), for_each(_limit), on_done=on_done)
    rounds.run()
    return rounds.done, rounds.collector.unreadable


def _limit(volume: Volume) -> None:
    backend = storage()
    # A growth that is still to be done is the work of its step, and raises the limit.
    if not backend.enforce(str(volume.pk), volume.provisioned_size or volume.size):
        raise BackendError(
            "Its size cannot be enforced.", backend.capabilities().no_enforcement_reason
        )
    Volume.objects.live().filter(pk=volume.pk).update(size_enforced=True)
