"""Compare the storage with the rows: orphaned and missing data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from config import limits
from config.faultpoints import faultpoint
from volumes.backends import Backend, StoredItem, Unreadable
from volumes.models import Snapshot, StorageScan, Volume, VolumeStatus
from volumes.reconciler.passes import FailureCollector
from volumes.reconciler.presence import is_present
from volumes.storage import storage


@dataclass(frozen=True)
class Orphan:
    """Data that no row knows."""

    handle: str
    snapshot: str | None
    unchanged_since: datetime

    def as_example(self) -> dict[str, str]:
        return {"volume": self.handle, "snapshot": self.snapshot or ""}

    def is_older_than(self, age: timedelta) -> bool:
        return self.unchanged_since <= datetime.now(UTC) - age


@dataclass(frozen=True)
class Scan:
    """The result of a comparison of storage and rows."""

    orphans: list[Orphan]
    missing: list[Volume]
    unreadable: list[str]
    """A sentence for operators for each item that could not be read."""
    doubt: str
    """Why the database or the disk is probably the wrong one; empty without doubt."""

    @property
    def is_plausible(self) -> bool:
        """Return whether orphans may be removed."""
        return not self.doubt


def scan(older_than: timedelta) -> Scan:
    """Compare the storage with the rows, and record the result.

    Raises StorageUnavailable. A single item that cannot be read is part of the result.
    """
    backend = storage()
    collector = FailureCollector()
    # List the storage first: data that appears while the rows are read already has its row.
    items = list(_stored_items(backend, collector))
    volumes = _ids(Volume.objects.exclude(status=VolumeStatus.DELETED))
    snapshots = _ids(Snapshot.objects.all())
    unknown = [
        item
        for item in items
        if item.handle not in volumes or not (item.snapshot is None or item.snapshot in snapshots)
    ]
    # The removal of an unknown volume includes its snapshots.
    separate = [item for item in unknown if item.snapshot is None or item.handle in volumes]
    expected = list(Volume.objects.live().filter(provisioned_size__isnull=False).order_by("id"))
    missing = []
    states = backend.states(StoredItem(str(volume.pk)) for volume in expected)
    for volume, (_, state) in zip(expected, states, strict=True):
        if isinstance(state, Unreadable):
            collector.add(state.error, f"{volume.ref} {volume.name}")
        elif not is_present(volume, state):
            missing.append(volume)
    orphans = []
    for item in separate:
        with collector.collecting(f"{Volume.prefix}{item.handle}, which no row knows"):
            orphans.append(_orphan(item))
    result = Scan(
        orphans=[orphan for orphan in orphans if orphan.is_older_than(older_than)],
        missing=missing,
        unreadable=collector.unreadable,
        doubt=_doubt(items, unknown, missing=len(missing), expected=len(expected)),
    )
    faultpoint("scan:compared")
    _save(result)
    return result


def remove(orphan: Orphan) -> None:
    """Remove an orphan after checking its row once more. Raises BackendError."""
    known = Volume.objects.exclude(status=VolumeStatus.DELETED).filter(pk=orphan.handle)
    if orphan.snapshot is not None:
        storage().delete_snapshot(orphan.handle, orphan.snapshot)
    elif not known.exists():
        storage().delete(orphan.handle)
    faultpoint("orphan:removed")
    _discard(orphan)


def _discard(orphan: Orphan) -> None:
    """Remove an orphan from the recorded scan."""
    for saved in StorageScan.objects.filter(orphans__gt=0):
        saved.examples = [item for item in saved.examples if item != orphan.as_example()]
        saved.orphans -= 1
        saved.save(update_fields=["examples", "orphans"])


def _save(result: Scan) -> None:
    StorageScan.objects.update_or_create(
        number=1,
        defaults={
            "at": timezone.now(),
            "orphans": len(result.orphans),
            "examples": [
                orphan.as_example() for orphan in result.orphans[: limits.MAX_SCAN_EXAMPLES]
            ],
            "missing": len(result.missing),
            "unreadable": result.unreadable[: limits.MAX_SCAN_EXAMPLES],
            "is_plausible": result.is_plausible,
        },
    )


def _stored_items(backend: Backend, collector: FailureCollector) -> Iterator[StoredItem]:
    for item in backend.inventory():
        if isinstance(item, Unreadable):
            collector.add(item.error)
        else:
            yield item


def _ids(rows: models.QuerySet[Any]) -> set[str]:
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def _orphan(item: StoredItem) -> Orphan:
    changed = storage().last_changed(item.handle, item.snapshot)
    return Orphan(item.handle, item.snapshot, datetime.fromtimestamp(changed, UTC))


def _doubt(
    items: list[StoredItem], unknown: list[StoredItem], *, missing: int, expected: int
) -> str:
    """Return why the result rather comes from an old database or another disk; "" if it does not."""
    if not unknown and not missing:
        return ""
    known = _ids(Volume.objects.all())
    if items and not known:
        return "The database has no volumes at all, but the storage holds data."
    # Leftovers of a deleted volume with a row show that storage and database belong together.
    unmatched = [item for item in unknown if item.handle not in known]
    if items and len(unmatched) == len(items):
        return "Everything that lies in the storage is unknown to the database."
    if _is_most(len(unknown), len(items)):
        return "More than half of what lies in the storage is unknown to the database."
    if _is_most(missing, expected):
        return "More than half of the volumes in the database have no data in the storage."
    return ""


def _is_most(part: int, whole: int) -> bool:
    return part > 10 and part * 2 > whole
