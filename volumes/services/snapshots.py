"""Take and delete snapshots. The history records them, but the volume's version does not change."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.callers import Actor
from config.errors import NotFound, Refused
from volumes.models import Environment, Snapshot, SnapshotStatus
from volumes.reconciler.inline import due_soon, reconcile_after_commit
from volumes.reconciler.targets.snapshot import snapshot_consistency
from volumes.rules import snapshots as rules
from volumes.rules.deletion import snapshot_delete_blockers
from volumes.services import history
from volumes.services.idempotency import IdempotencyKey
from volumes.services.locking import lock_environment, lock_volume
from volumes.specs.snapshot import SnapshotSpec


def expected_consistency() -> str:
    """Return the consistency of a new snapshot, `instant` or `files`, without accessing the storage."""
    return snapshot_consistency()


@transaction.atomic
def take_snapshot(
    *,
    environment: Environment,
    volume_id: uuid.UUID,
    spec: SnapshotSpec,
    actor: Actor,
    key: IdempotencyKey | None = None,
) -> tuple[Snapshot, bool]:
    """Request a copy of the volume's data, to be taken within SNAPSHOT_WAIT or never.

    Raises NotFound, Refused.

    Returns the snapshot and whether an earlier call with the same key had asked for it.
    """
    volume = lock_volume(lock_environment(environment), volume_id)
    if key and (made := key.find()):
        snapshot = volume.snapshots.live().filter(pk=made).first()
        if snapshot is None:
            raise key.conflict("made a snapshot that is deleted since")
        return snapshot, True
    if problems := rules.review(volume, spec):
        raise Refused(problems)
    now = timezone.now()
    snapshot = Snapshot.objects.create(
        volume=volume,
        environment=environment,
        name=spec.name or f"snapshot-{now:%Y%m%d-%H%M%S}",
        size=volume.size,
        consistency=expected_consistency(),
        take_until=Now() + timedelta(seconds=settings.SNAPSHOT_WAIT),
        created_by=actor.by,
        created_at=now,
        due_at=due_soon(),
    )
    history.record_volume(
        volume,
        actor,
        "snapshot_create",
        history.creation_changes(name=snapshot.name),
        version=False,
    )
    if key:
        key.store(snapshot.pk)
    reconcile_after_commit(snapshot)
    return snapshot, False


@transaction.atomic
def delete_snapshot(
    *, environment: Environment, volume_id: uuid.UUID, snapshot_id: uuid.UUID, actor: Actor
) -> Snapshot:
    """Delete the snapshot for good. Raises NotFound, and Refused while a volume is filled from it."""
    volume = lock_volume(lock_environment(environment), volume_id)
    snapshot: Snapshot | None = (
        volume.snapshots.live().select_for_update().filter(pk=snapshot_id).first()
    )
    if snapshot is None:
        raise NotFound
    if problems := list(snapshot_delete_blockers(snapshot)):
        raise Refused(problems)
    Snapshot.objects.filter(pk=snapshot.pk).update(
        is_deleted=True, status=SnapshotStatus.DELETING, due_at=due_soon(), attempts=0
    )
    history.record_volume(
        volume, actor, "snapshot_delete", {"name": [snapshot.name, None]}, version=False
    )
    reconcile_after_commit(snapshot)
    return snapshot
