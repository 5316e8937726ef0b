"""Update, delete and restore a volume. Each is one transaction."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Now

from accounts.audit import Changes
from accounts.callers import Actor
from config.errors import NotFound, Refused
from volumes.models import Environment, Snapshot, SnapshotStatus, Volume, VolumeStatus
from volumes.queries.quota import add_usage, lock_storage_room
from volumes.reconciler.inline import due_soon, reconcile_after_commit
from volumes.rules.deletion import delete_blockers, restore_blockers
from volumes.rules.volumes import Review, review
from volumes.services import history
from volumes.services.attachments import detach_time, set_applications
from volumes.services.locking import (
    ANY,
    Precondition,
    bump_version,
    check_version,
    lock_environment,
    lock_volume,
    save_if_unchanged,
)
from volumes.specs.volume import STORED_FIELDS, VolumeSpec


@transaction.atomic
def update_volume(
    *,
    environment: Environment,
    volume_id: uuid.UUID,
    spec: VolumeSpec,
    actor: Actor,
    precondition: Precondition = ANY,
) -> Volume:
    """Apply the spec, all or nothing; growing is online.

    A volume in error is retried at once, even without changes. Raises NotFound, PreconditionFailed
    (If-Match), and Refused (a stale version alone, or else every problem).
    """
    environment = lock_environment(environment)
    volume = lock_volume(environment, volume_id)
    precondition.check(volume)
    check_version(volume, spec.version)
    if spec.size is not None and spec.size > volume.size:
        lock_storage_room(environment)
    found = review(environment, spec, volume=volume, snapshots=Snapshot.objects.none())
    if found.problems:
        raise Refused(found.problems)
    was, grown_by = volume.version, (spec.size or volume.size) - volume.size
    changes = _apply(volume, found)
    if changes:
        bump_version(volume, actor.by)
        if grown_by and volume.status == VolumeStatus.READY:
            volume.status = VolumeStatus.RESIZING
        fields = [*(field.column for field in STORED_FIELDS), "status"]
        save_if_unchanged(volume, expected=was, fields=fields, **detach_time(changes))
        add_usage(environment, grown_by)
        history.record_volume(volume, actor, "update", changes)
    if grown_by or volume.status == VolumeStatus.ERROR:
        Volume.objects.filter(pk=volume.pk).update(due_at=due_soon(), attempts=0)
        reconcile_after_commit(volume)
    return volume


@transaction.atomic
def delete_volume(
    *,
    environment: Environment,
    volume_id: uuid.UUID,
    actor: Actor,
    cascade: bool = False,
    precondition: Precondition = ANY,
) -> Volume:
    """Delete the volume. Its data is removed at once or after the grace period.

    `cascade` deletes its snapshots too. Raises NotFound, PreconditionFailed, Refused.
    """
    environment = lock_environment(environment)
    volume = lock_volume(environment, volume_id)
    precondition.check(volume)
    if problems := delete_blockers([volume], cascade=cascade)[volume.pk]:
        raise Refused(problems)
    if cascade:
        _delete_snapshots_along(volume, actor)
    grace = timedelta(seconds=settings.VOLUME_DELETE_GRACE)
    over = Now() + grace if grace else None
    was = bump_version(volume, actor.by)
    volume.is_deleted = True
    volume.status, volume.attempts = VolumeStatus.DELETING, 0
    volume.status_message = volume.status_detail = ""
    save_if_unchanged(
        volume,
        expected=was,
        fields=["is_deleted", "status", "status_message", "status_detail", "attempts"],
        deleted_at=Now(),
        due_at=over or due_soon(),
        grace_until=over,
    )
    history.record_volume(volume, actor, "delete", {"isDeleted": [False, True]})
    if not grace:
        reconcile_after_commit(volume)
    return volume


def _delete_snapshots_along(volume: Volume, actor: Actor) -> None:
    """Delete the snapshots with their volume. They are not due: the volume's step removes them."""
    for snapshot in volume.snapshots.live():
        history.record_volume(
            volume, actor, "snapshot_delete", {"name": [snapshot.name, None]}, version=False
        )
    volume.snapshots.live().update(is_deleted=True, status="deleting", due_at=None)


@transaction.atomic
def restore_volume(*, environment: Environment, volume_id: uuid.UUID, actor: Actor) -> Volume:
    """Undo a delete while the data still exists. Raises NotFound, Refused."""
    environment = lock_environment(environment)
    volume = environment.volumes.select_for_update().filter(pk=volume_id).first()
    if volume is None:
        raise NotFound
    volume.environment = environment
    lock_storage_room(environment)
    if problems := list(restore_blockers(volume)):
        raise Refused(problems)
    was = bump_version(volume, actor.by)
    volume.is_deleted, volume.deleted_at, volume.grace_until = False, None, None
    # Pending until the reconciler has checked that its data is there.
    volume.status = VolumeStatus.PENDING
    volume.status_message = volume.status_detail = ""
    save_if_unchanged(
        volume,
        expected=was,
        fields=[
            *("is_deleted", "deleted_at", "grace_until", "status", "status_message"),
            "status_detail",
        ],
    )
    Volume.objects.filter(pk=volume.pk).update(due_at=due_soon(), attempts=0)
    _restore_snapshots_along(volume)
    history.record_volume(volume, actor, "restore", {"isDeleted": [True, False]})
    reconcile_after_commit(volume)
    return volume


def _restore_snapshots_along(volume: Volume) -> None:
    """Restore the snapshots that were deleted with the volume. Failed ones stay failed."""
    gone = volume.snapshots.filter(is_deleted=True, due_at__isnull=True)
    taken, waiting = Q(taken_at__isnull=False), Q(take_until__isnull=False)
    status = Case(
        When(taken, then=Value(SnapshotStatus.READY)),
        When(waiting, then=Value(SnapshotStatus.PENDING)),
        default=Value(SnapshotStatus.ERROR),
    )
    gone.update(is_deleted=False, status=status, due_at=Case(When(~taken, then=Now())))


def _apply(volume: Volume, found: Review) -> Changes:
    """Apply the spec to the row and its attachments. Return what changes."""
    changes: Changes = {}
    spec = found.spec
    for field in STORED_FIELDS:
        before, after = getattr(volume, field.column), getattr(spec, field.column)
        if after is not None and after != before:
            setattr(volume, field.column, after)
            changes[field.name] = [before, after]
    # First: a detached application may mount something else at the new path.
    if spec.application_ids is not None:
        changes |= set_applications(volume, found.applications)
    if "mountPath" in changes:
        volume.attachments.filter(has_own_path=False).update(mount_path=volume.mount_path)
    return changes
