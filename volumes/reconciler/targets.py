"""The rows that steps work on, and which of their steps are bulk work."""

from __future__ import annotations

from volumes.models import Snapshot, Volume
from volumes.models.snapshot import SnapshotQuerySet
from volumes.models.volume import VolumeQuerySet
from volumes.storage import build_backend

Row = Volume | Snapshot
Rows = VolumeQuerySet | SnapshotQuerySet


def is_bulk(row: Row) -> bool:
    """Whether the row's next step opens files of a tenant, as the querysets' `bulk()` finds it."""
    if isinstance(row, Snapshot) or row.is_deleted:
        return True
    is_filled = bool(row.adopt_from) or row.restore_from_id is not None
    return row.provisioned_size is None and is_filled


def eligible(row: Row) -> Rows:
    """Where to claim the row: unsettled ones, whatever their pause, with the same kind of step.

    A thread for quick steps never takes a bulk one, although the row may have changed since.
    """
    return _ELIGIBLE[type(row), is_bulk(row)]


def snapshot_consistency() -> str:
    """Return what a snapshot is a copy of: `instant` or `files`. The storage is not asked."""
    return build_backend("").consistency


_ELIGIBLE: dict[tuple[type[Row], bool], Rows] = {
    (Volume, False): Volume.objects.eligible().quick(),
    (Volume, True): Volume.objects.eligible().bulk(),
    (Snapshot, True): Snapshot.objects.eligible().bulk(),
}
