"""Recording what a step saw: each write is fenced by the lease that the step holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import Company
from volumes.models import Environment, Snapshot, SnapshotStatus, Volume, VolumeStatus

Record = Callable[[], bool]
"""Writes an outcome; False where the lease is somebody else's by now, and nothing was written."""

SETTLED: dict[str, Any] = {
    "status_message": "",
    "attempts": 0,
    "due_at": None,
    "lease_owner": None,
    "lease_until": None,
}


def volume_is_held(volume: Volume, size: int) -> Record:
    """Its data is there, with room for `size` MB."""

    @transaction.atomic
    def record() -> bool:
        now = _ours(volume)
        if now is None:
            return False
        values = {**SETTLED, "provisioned_size": size, "missing_since": None}
        if now.is_deleted:
            # Deleted while it was being made: what the delete planned still stands.
            values |= {"status": VolumeStatus.DELETING, "due_at": now.due_at}
        elif now.size > size:
            values |= {"status": VolumeStatus.RESIZING, "due_at": Now()}
        else:
            values["status"] = VolumeStatus.READY
        Volume.objects.filter(pk=volume.pk).update(**values)
        return True

    return record


def volume_is_gone(volume: Volume) -> Record:
    """Nothing of it is left: its room is free again."""

    @transaction.atomic
    def record() -> bool:
        # The quotas' rows first: locks are taken in one order everywhere.
        environment = Environment.objects.get(pk=volume.environment_id)
        Company.objects.select_for_update(no_key=True).get(pk=environment.company_id)
        Environment.objects.select_for_update(no_key=True).get(pk=environment.pk)
        now = _ours(volume)
        if now is None:
            return False
        now.snapshots.all().delete()
        Volume.objects.filter(pk=now.pk).update(
            **SETTLED,
            status=VolumeStatus.DELETED,
            provisioned_size=None,
            missing_since=None,
            grace_until=None,
        )
        for owner in (
            Environment.objects.filter(pk=environment.pk),
            Company.objects.filter(pk=environment.company_id),
        ):
            owner.update(storage_used=F("storage_used") - now.size)
        return True

    return record


def snapshot_is_ready(snapshot: Snapshot) -> Record:
    def record() -> bool:
        mine = Snapshot.objects.filter(pk=snapshot.pk, lease_owner=snapshot.lease_owner)
        ready = mine.filter(is_deleted=False).update(
            **SETTLED, status=SnapshotStatus.READY, is_made=True
        )
        # Deleted while it was being copied: what the delete planned still stands.
        return bool(
            ready or mine.update(is_made=True, lease_owner=None, lease_until=None, attempts=0)
        )

    return record


def snapshot_is_gone(snapshot: Snapshot) -> Record:
    def record() -> bool:
        mine = Snapshot.objects.filter(pk=snapshot.pk, lease_owner=snapshot.lease_owner)
        return bool(mine.filter(is_deleted=True).delete()[0])

    return record


def missing_message(since: datetime) -> str:
    return (
        f"Its data is missing since {since:%Y-%m-%d %H:%M} UTC. Nothing was made in its place; "
        "once the data is back, so is the volume."
    )


def _ours(volume: Volume) -> Volume | None:
    """The row as people have left it meanwhile, locked; None where the lease has passed on."""
    rows = Volume.objects.select_for_update()
    return rows.filter(pk=volume.pk, lease_owner=volume.lease_owner).first()
