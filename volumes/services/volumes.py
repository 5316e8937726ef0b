"""What people ask of a volume: create, update, delete, restore. Each is one transaction."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField, CharField, Exists, F, QuerySet, UUIDField
from django.db.models.functions import Now

from accounts.audit import Changes
from accounts.callers import Actor
from accounts.models import Company
from config.prepared import (
    Parameter,
    Prepared,
    PreparedUpdate,
    Statement,
    execute,
    execute_if,
    fresh,
    insertion,
)
from volumes.errors import NotFound, Refused
from volumes.models import Attachment, Environment, Snapshot, Volume, VolumeStatus
from volumes.querysets import SnapshotQuerySet
from volumes.reconciler.inline import due_from_birth, settle_soon, soon
from volumes.rules.deletion import reasons_not_to_restore, reasons_to_keep
from volumes.rules.fields import Body
from volumes.rules.quota import has_room
from volumes.rules.volumes import Wish, review, wish_for_new
from volumes.services import history
from volumes.services.attachments import set_applications
from volumes.services.idempotency import IdempotencyKey
from volumes.services.locks import (
    ANY,
    Precondition,
    check_version,
    created_by,
    locked,
    locked_volume,
    touch,
    write,
)


def create_volume(
    *,
    environment: Environment,
    body: Body,
    snapshots: SnapshotQuerySet,
    actor: Actor,
    key: IdempotencyKey | None = None,
) -> tuple[Volume, bool]:
    """Reserve room and write what is wanted; the reconciler makes it.

    Returns the volume and whether an earlier call with the same key had made it.
    `snapshots` are those that the caller reaches. Raises Refused with every problem.
    """
    if not key and not _FOLLOWED & set(body):
        volume = _create_at_once(environment, body, actor)
        if volume:
            return volume, False
    return _create_locked(environment, body, snapshots, actor, key)


_FOLLOWED = {"attachedAppsRefs", "restoreFrom"}
"""What names other rows of the environment, which must stay as they are until a volume is made."""


def _create_at_once(environment: Environment, body: Body, actor: Actor) -> Volume | None:
    """Write it in one statement, which also sees that its name is free and there is room for it.

    The quotas' rows stay locked for that statement only. None where something is in the way, or was in
    this very moment: under the lock it comes out what.
    """
    wish = wish_for_new(body)
    if wish is None:
        return None
    volume = _new_volume(environment, wish, actor)
    try:
        if not execute_if(_room_for(volume), *_written(volume, wish, actor)):
            return None
    except IntegrityError:  # the name was taken since
        return None
    settle_soon(volume, is_claimed=True)
    return volume


@transaction.atomic
def _create_locked(
    environment: Environment,
    body: Body,
    snapshots: SnapshotQuerySet,
    actor: Actor,
    key: IdempotencyKey | None,
) -> tuple[Volume, bool]:
    environment = locked(environment)
    if key and (made := key.earlier(body)):
        volume = environment.volumes.live().filter(pk=made).first()
        if volume is None:
            raise key.reused("made a volume that is deleted since")
        return volume, True
    found = review(environment, body, volume=None, snapshots=snapshots)
    if found.problems:
        raise Refused(found.problems)
    volume = insert_volume(environment, found.wish, actor)
    if key:
        key.keep(body, volume.pk)
    return volume, False


def insert_volume(
    environment: Environment,
    wish: Wish,
    actor: Actor,
    *,
    adopt_from: str = "",
    action: str = "create",
) -> Volume:
    """Write the row of a wish without problems, in a locked environment."""
    volume = _new_volume(environment, wish, actor, adopt_from=adopt_from)
    # Together: both locks are held for as long as this takes.
    execute(*_written(volume, wish, actor, action=action))
    settle_soon(volume, is_claimed=True)
    return volume


def _new_volume(
    environment: Environment, wish: Wish, actor: Actor, *, adopt_from: str = ""
) -> Volume:
    volume = fresh(
        Volume,
        environment_id=environment.pk,
        name=wish.name or "",
        size=wish.size or 0,
        mount_path=wish.mount_path or "",
        description=wish.description or "",
        labels=wish.labels or {},
        protected=bool(wish.protected),
        restore_from_id=wish.snapshot and wish.snapshot.pk,
        adopt_from=adopt_from,
        **due_from_birth(),
        **created_by(actor),
    )
    volume.environment, volume.restore_from = environment, wish.snapshot
    volume.detached_at = volume.created_at
    return volume


def _written(
    volume: Volume, wish: Wish, actor: Actor, *, action: str = "create"
) -> list[Statement]:
    """All that a new volume brings with it."""
    changes = _as_created(volume, wish)
    if volume.adopt_from:
        changes["path"] = [None, volume.adopt_from]
    mounts = [
        Attachment(volume=volume, application=application, mount_path=volume.mount_path)
        for application in wish.applications
    ]
    return [
        insertion(volume),
        *map(insertion, mounts),
        *room_taken(volume.environment, volume.size),
        insertion(history.entry_of_volume(volume, actor, action, changes)),
    ]


@transaction.atomic
def update_volume(
    *,
    environment: Environment,
    volume_id: uuid.UUID,
    body: Body,
    actor: Actor,
    precondition: Precondition = ANY,
) -> Volume:
    """Change what the body says, all or nothing; growing is online.

    Raises NotFound, Stale (If-Match), Refused (a stale version alone, else every problem). A volume in
    error tries again at once, even where nothing changes.
    """
    environment = locked(environment)
    volume = locked_volume(environment, volume_id)
    precondition.check(volume)
    check_version(volume, body)
    found = review(environment, body, volume=volume, snapshots=Snapshot.objects.none())
    if found.problems:
        raise Refused(found.problems)
    was, grown_by = volume.version, (found.wish.size or volume.size) - volume.size
    changes = _apply(volume, found.wish)
    if changes:
        touch(volume, actor.by)
        if grown_by and volume.status == VolumeStatus.READY:
            volume.status = VolumeStatus.RESIZING
        write(volume, expected=was, fields=[*_COLUMNS.values(), "status", "detached_at"])
        take_room(environment, grown_by)
        history.of_volume(volume, actor, "update", changes)
    if grown_by or volume.status == VolumeStatus.ERROR:
        Volume.objects.filter(pk=volume.pk).update(due_at=soon(), attempts=0)
        settle_soon(volume)
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
    """Hide it at once; its data goes at once too, or when the grace is over.

    `cascade` deletes its snapshots with it. Raises NotFound, Stale, Refused.
    """
    environment = locked(environment)
    volume = locked_volume(environment, volume_id)
    precondition.check(volume)
    if problems := reasons_to_keep([volume], cascade=cascade)[volume.pk]:
        raise Refused(problems)
    for snapshot in volume.snapshots.standing():
        history.of_volume(
            volume, actor, "snapshot_delete", {"name": [snapshot.name, None]}, version=False
        )
    # Not due by themselves: they go in the volume's own step, and come back with its restore.
    volume.snapshots.standing().update(is_deleted=True, status="deleting", due_at=None)
    grace = timedelta(seconds=settings.VOLUME_DELETE_GRACE)
    was = touch(volume, actor.by)
    volume.is_deleted, volume.deleted_at = True, volume.modified_at
    volume.status, volume.status_message = VolumeStatus.DELETING, ""
    write(volume, expected=was, fields=["is_deleted", "deleted_at", "status", "status_message"])
    Volume.objects.filter(pk=volume.pk).update(
        due_at=soon() if not grace else Now() + grace,
        grace_until=Now() + grace if grace else None,
        attempts=0,
    )
    history.of_volume(volume, actor, "delete", {"isDeleted": [False, True]})
    if not grace:
        settle_soon(volume)
    return volume


@transaction.atomic
def restore_volume(*, environment: Environment, volume_id: uuid.UUID, actor: Actor) -> Volume:
    """Undo a delete while the data is still there. Raises NotFound, Refused."""
    environment = locked(environment)
    volume = environment.volumes.select_for_update().filter(pk=volume_id).first()
    if volume is None:
        raise NotFound
    volume.environment = environment
    if problems := list(reasons_not_to_restore(volume)):
        raise Refused(problems)
    was = touch(volume, actor.by)
    volume.is_deleted, volume.deleted_at, volume.grace_until = False, None, None
    # Pending until the reconciler has seen that its data is there.
    volume.status, volume.status_message = VolumeStatus.PENDING, ""
    write(
        volume,
        expected=was,
        fields=["is_deleted", "deleted_at", "grace_until", "status", "status_message"],
    )
    Volume.objects.filter(pk=volume.pk).update(due_at=soon(), attempts=0)
    came_back = volume.snapshots.filter(is_deleted=True, due_at__isnull=True)
    came_back.filter(is_made=True).update(is_deleted=False, status="ready")
    came_back.filter(is_made=False).update(is_deleted=False, status="pending", due_at=Now())
    history.of_volume(volume, actor, "restore", {"isDeleted": [True, False]})
    settle_soon(volume)
    return volume


def take_room(environment: Environment, extra: int) -> None:
    """Count `extra` MB more (or less) against both quotas, whose rows are locked."""
    if extra:
        execute(*room_taken(environment, extra))


def room_taken(environment: Environment, extra: int) -> list[Statement]:
    """What `take_room` writes."""
    return [
        _ENVIRONMENT_USES.with_values(pk=environment.pk, extra=extra),
        _COMPANY_USES.with_values(pk=environment.company_id, extra=extra),
    ]


def _uses(owners: QuerySet[Any]) -> tuple[QuerySet[Any], dict[str, Any]]:
    return owners.filter(pk=_PK), {"storage_used": F("storage_used") + _EXTRA}


def _room_for(volume: Volume) -> list[Statement]:
    """Locks both quotas' rows, company first, if both have room and the name is free."""
    environment = volume.environment
    return [
        _COMPANY_HAS.with_values(pk=environment.company_id, extra=volume.size),
        _ENVIRONMENT_HAS.with_values(pk=environment.pk, extra=volume.size, name=volume.name),
    ]


def _has_room(owners: QuerySet[Any]) -> QuerySet[Any, Any]:
    found = owners.filter(has_room(_EXTRA), pk=_PK).select_for_update(no_key=True)
    return found.values_list("pk")


def _without_namesake() -> QuerySet[Any]:
    namesakes = Volume.objects.live().filter(environment=_PK, name=Parameter("name", CharField()))
    return Environment.objects.live().filter(~Exists(namesakes))


_PK, _EXTRA = Parameter("pk", UUIDField()), Parameter("extra", BigIntegerField())
_COMPANY_HAS = Prepared(lambda: _has_room(Company.objects.all()))
_ENVIRONMENT_HAS = Prepared(lambda: _has_room(_without_namesake()))
_ENVIRONMENT_USES = PreparedUpdate(lambda: _uses(Environment.objects.all()))
_COMPANY_USES = PreparedUpdate(lambda: _uses(Company.objects.all()))


_COLUMNS = {
    "name": "name",
    "size": "size",
    "mountPath": "mount_path",
    "description": "description",
    "labels": "labels",
    "protected": "protected",
}
"""What a caller sets, by its name on the wire and its column."""


def _apply(volume: Volume, wish: Wish) -> Changes:
    """Move the wish onto the row and its attachments; what really changes."""
    changes: Changes = {}
    for name, column in _COLUMNS.items():
        before, after = getattr(volume, column), getattr(wish, column)
        if after is not None and after != before:
            setattr(volume, column, after)
            changes[name] = [before, after]
    # First: an application that lets go may have something else at the new path.
    if wish.application_ids is not None:
        changes |= set_applications(volume, wish.applications)
    if "mountPath" in changes:
        volume.attachments.filter(has_own_path=False).update(mount_path=volume.mount_path)
    return changes


def _as_created(volume: Volume, wish: Wish) -> Changes:
    given: dict[str, Any] = {name: getattr(volume, column) for name, column in _COLUMNS.items()}
    if wish.applications:
        given["attachedAppsRefs"] = [application.ref for application in wish.applications]
    if wish.snapshot:
        given["restoreFrom"] = wish.snapshot.ref
    return history.created(**given)
