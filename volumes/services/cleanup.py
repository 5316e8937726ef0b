"""What operators clean up: old rows, volumes nobody uses, data nobody knows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models.functions import Now

from accounts.callers import Actor
from volumes.backends import Found
from volumes.errors import Refused
from volumes.models import Snapshot, Volume, VolumeStatus
from volumes.querysets import VolumeQuerySet
from volumes.reconciler.steps import settle
from volumes.services.volumes import delete_volume
from volumes.storage import storage


def long_deleted(older_than: timedelta) -> VolumeQuerySet:
    return Volume.objects.filter(is_deleted=True, deleted_at__lte=Now() - older_than).order_by("id")


def purge(volume: Volume) -> bool:
    """Remove the row of a deleted volume, and before it any data left, whatever its grace.

    False where the data could not be removed (the row says why) or another process is at it.
    """
    if volume.status != VolumeStatus.DELETED:
        Volume.objects.filter(pk=volume.pk, is_deleted=True).update(grace_until=None, due_at=Now())
        settle(Volume.objects.ripe(), volume.pk)
    gone = Volume.objects.filter(pk=volume.pk, is_deleted=True, status=VolumeStatus.DELETED)
    return bool(gone.delete()[0])


def unused(since: timedelta, environment_id: uuid.UUID | None) -> VolumeQuerySet:
    """Volumes that no application has used for that long; never protected ones or with snapshots."""
    found = Volume.objects.live().filter(
        protected=False, attachments__isnull=True, detached_at__lte=Now() - since
    )
    found = found.exclude(snapshots__is_deleted=False).filter(environment__is_deleted=False)
    if environment_id is not None:
        found = found.filter(environment=environment_id)
    return found.select_related("environment__company").order_by("id")


def remove_unused(volume: Volume, actor: Actor) -> bool:
    """Delete one, by the rules that everybody obeys. False where it came into use meanwhile."""
    try:
        delete_volume(environment=volume.environment, volume_id=volume.pk, actor=actor)
    except Refused:
        return False
    return True


@dataclass(frozen=True)
class Orphan:
    """Data that no row knows."""

    handle: str
    snapshot: str | None
    unchanged_since: datetime

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
    """Compare what lies in the storage with what the rows know. Raises BackendError."""
    backend = storage()
    # The storage first: whatever is made while the rows are read has its row already.
    found = list(backend.inventory())
    volumes = _ids(Volume.objects.exclude(status=VolumeStatus.DELETED))
    snapshots = _ids(Snapshot.objects.all())
    unknown = [one for one in found if one.handle not in volumes and one.snapshot is None]
    unknown += [
        one
        for one in found
        if one.handle in volumes and one.snapshot is not None and one.snapshot not in snapshots
    ]
    expected = list(Volume.objects.live().filter(provisioned_size__isnull=False).order_by("id"))
    missing = [volume for volume in expected if not backend.exists(str(volume.pk))]
    return Scan(
        orphans=[orphan for orphan in map(_orphan, unknown) if orphan.is_older_than(older_than)],
        missing=missing,
        is_plausible=not (
            _too_many(len(unknown), len(found)) or _too_many(len(missing), len(expected))
        ),
    )


def remove_orphan(orphan: Orphan) -> None:
    """Remove data that no row knows, looking once more. Raises BackendError."""
    known = Volume.objects.exclude(status=VolumeStatus.DELETED).filter(pk=orphan.handle)
    if orphan.snapshot is not None:
        storage().delete_snapshot(orphan.handle, orphan.snapshot)
    elif not known.exists():
        storage().delete(orphan.handle)


def _ids(rows: models.QuerySet[Any]) -> set[str]:
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def _orphan(found: Found) -> Orphan:
    changed = storage().last_changed(found.handle, found.snapshot)
    return Orphan(found.handle, found.snapshot, datetime.fromtimestamp(changed, UTC))


def _too_many(part: int, whole: int) -> bool:
    """More than ten and more than half: likelier an old database or a wrong disk than so many losses."""
    return part > 10 and part * 2 > whole
