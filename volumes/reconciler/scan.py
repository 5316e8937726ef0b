"""Does the storage hold what the rows know, and nothing else?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from volumes.backends import Found
from volumes.backends.faultpoints import faultpoint
from volumes.models import Snapshot, StorageScan, Volume, VolumeStatus
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
    is_plausible: bool
    """False where so much disagrees that the database or the disk is likelier to be wrong."""


def scan(older_than: timedelta) -> Scan:
    """Compare what lies in the storage with what the rows know, and note it. Raises BackendError."""
    backend = storage()
    # The storage first: whatever is made while the rows are read has its row already.
    found = list(backend.inventory())
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
    missing = [
        volume for volume in expected if not is_present(volume, backend.state(str(volume.pk)))
    ]
    compared = Scan(
        orphans=[orphan for orphan in map(_orphan, unknown) if orphan.is_older_than(older_than)],
        missing=missing,
        is_plausible=not (
            _too_many(len(strange), len(found)) or _too_many(len(missing), len(expected))
        ),
    )
    faultpoint("scan:compared")
    _note(compared)
    return compared


def forget(orphan: Orphan) -> None:
    """It is gone since the scan that found it."""
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
            "is_plausible": found.is_plausible,
        },
    )


def _ids(rows: models.QuerySet[Any]) -> set[str]:
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def _orphan(found: Found) -> Orphan:
    changed = storage().last_changed(found.handle, found.snapshot)
    return Orphan(found.handle, found.snapshot, datetime.fromtimestamp(changed, UTC))


def _too_many(part: int, whole: int) -> bool:
    """More than ten and more than half: likelier an old database or a wrong disk than so many losses."""
    return part > 10 and part * 2 > whole
