"""Does the storage hold what the rows know, and nothing else?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from config.faultpoints import faultpoint
from volumes.backends import Backend, StoredItem, Unreadable
from volumes.models import Snapshot, StorageScan, Volume, VolumeStatus
from volumes.reconciler.passes import Pass
from volumes.reconciler.presence import is_present
from volumes.storage import storage

ORPHANED_FOR = timedelta(days=1)
"""Unchanged for that long: what is being made right now is no orphan."""
NOTED = 20
"""Orphans that are noted by name; of the others, how many."""


@dataclass(frozen=True)
class Orphan:
    """Data that no row knows."""

    handle: str
    snapshot: str | None
    unchanged_since: datetime

    def described(self) -> dict[str, str]:
        return {"volume": self.handle, "snapshot": self.snapshot or ""}

    def is_older_than(self, age: timedelta) -> bool:
        return self.unchanged_since <= datetime.now(UTC) - age


@dataclass(frozen=True)
class Scan:
    """How storage and rows agree."""

    orphans: list[Orphan]
    missing: list[Volume]
    unreadable: list[str]
    """What could not be looked at, each in a sentence for operators."""
    doubt: str
    """Why the database or the disk is likelier to be wrong than all this; empty if nothing is."""

    @property
    def is_plausible(self) -> bool:
        """May what is unknown be removed?"""
        return not self.doubt


def scan(older_than: timedelta) -> Scan:
    """Compare what lies in the storage with what the rows know, and note it.

    Raises StorageUnavailable. A single thing that cannot be looked at is among the results.
    """
    backend = storage()
    looking = Pass()
    # The storage first: whatever is made while the rows are read has its row already.
    found = list(_found(backend, looking))
    volumes = _ids(Volume.objects.exclude(status=VolumeStatus.DELETED))
    snapshots = _ids(Snapshot.objects.all())
    strange = [
        one
        for one in found
        if one.handle not in volumes or not (one.snapshot is None or one.snapshot in snapshots)
    ]
    # An unknown volume's snapshots go with it.
    unknown = [one for one in strange if one.snapshot is None or one.handle in volumes]
    expected = list(Volume.objects.live().filter(provisioned_size__isnull=False).order_by("id"))
    missing = []
    for volume in expected:
        with looking.over(f"{volume.ref} {volume.name}"):
            if not is_present(volume, backend.state(str(volume.pk))):
                missing.append(volume)
    orphans = []
    for one in unknown:
        with looking.over(f"{Volume.prefix}{one.handle}, which no row knows"):
            orphans.append(_orphan(one))
    compared = Scan(
        orphans=[orphan for orphan in orphans if orphan.is_older_than(older_than)],
        missing=missing,
        unreadable=looking.unreadable,
        doubt=_doubt(found, strange, missing=len(missing), expected=len(expected)),
    )
    faultpoint("scan:compared")
    _note(compared)
    return compared


def remove(orphan: Orphan) -> None:
    """Remove data that no row knows, looking once more. Raises BackendError."""
    known = Volume.objects.exclude(status=VolumeStatus.DELETED).filter(pk=orphan.handle)
    if orphan.snapshot is not None:
        storage().delete_snapshot(orphan.handle, orphan.snapshot)
    elif not known.exists():
        storage().delete(orphan.handle)
    faultpoint("orphan:removed")
    _discard(orphan)


def _discard(orphan: Orphan) -> None:
    """Take an orphan that is gone out of the last scan's result."""
    for noted in StorageScan.objects.filter(orphans__gt=0):
        noted.examples = [one for one in noted.examples if one != orphan.described()]
        noted.orphans -= 1
        noted.save(update_fields=["examples", "orphans"])


def _note(found: Scan) -> None:
    StorageScan.objects.update_or_create(
        number=1,
        defaults={
            "at": timezone.now(),
            "orphans": len(found.orphans),
            "examples": [orphan.described() for orphan in found.orphans[:NOTED]],
            "missing": len(found.missing),
            "unreadable": found.unreadable[:NOTED],
            "is_plausible": found.is_plausible,
        },
    )


def _found(backend: Backend, looking: Pass) -> Iterator[StoredItem]:
    for one in backend.inventory():
        if isinstance(one, Unreadable):
            looking.note(one.error)
        else:
            yield one


def _ids(rows: models.QuerySet[Any]) -> set[str]:
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def _orphan(found: StoredItem) -> Orphan:
    changed = storage().last_changed(found.handle, found.snapshot)
    return Orphan(found.handle, found.snapshot, datetime.fromtimestamp(changed, UTC))


def _doubt(
    found: list[StoredItem], strange: list[StoredItem], *, missing: int, expected: int
) -> str:
    """Why an old database or another disk is likelier than that all of this is true."""
    if not strange and not missing:
        return ""
    known = _ids(Volume.objects.all())
    if found and not known:
        return "The database has no volumes at all, but the storage holds data."
    # A deleted volume's row knows what is left of it: that shows that the two belong together.
    unknown = [one for one in strange if one.handle not in known]
    if found and len(unknown) == len(found):
        return "Everything that lies in the storage is unknown to the database."
    if _too_many(len(strange), len(found)):
        return "More than half of what lies in the storage is unknown to the database."
    if _too_many(missing, expected):
        return "More than half of the volumes in the database have no data in the storage."
    return ""


def _too_many(part: int, whole: int) -> bool:
    return part > 10 and part * 2 > whole
