"""The rows that steps reconcile, and which of their steps are bulk work."""

from __future__ import annotations

from volumes import storage
from volumes.models import Snapshot, Volume
from volumes.models.snapshot import SnapshotQuerySet
from volumes.models.volume import VolumeQuerySet

Row = Volume | Snapshot
Rows = VolumeQuerySet | SnapshotQuerySet


def is_bulk(row: Row) -> bool:
    """Return whether the row's next step opens tenant files, like `bulk()` of the querysets."""
    if isinstance(row, Snapshot) or row.is_deleted:
        return True
    is_filled = bool(row.adopt_from) or row.restore_from_id is not None
    return row.provisioned_size is None and is_filled


def eligible(row: Row) -> Rows:
    """Return the rows to claim this row from: unsettled ones with the same kind of step.

    So a thread for quick steps never claims a bulk one, even if the row has changed meanwhile.
    """
    return _ELIGIBLE[type(row), is_bulk(row)]


def snapshot_consistency() -> str:
    """Return the consistency of a snapshot, `instant` or `files`, without accessing the storage."""
    return storage.build_backend("").consistency


_ELIGIBLE: dict[tuple[type[Row], bool], Rows] = {
    (Volume, False): Volume.objects.eligible().quick(),
    (Volume, True): Volume.objects.eligible().bulk(),
    (Snapshot, True): Snapshot.objects.eligible().bulk(),
}
