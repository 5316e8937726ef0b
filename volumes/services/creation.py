"""Creating volumes: write the requested row. The reconciler creates the data."""

from __future__ import annotations

from django.db import connection, transaction

from accounts.callers import Actor
from config.db.cte import execute
from config.errors import Refused
from volumes.models import Environment, Volume
from volumes.models.snapshot import SnapshotQuerySet
from volumes.queries.quota import lock_storage_room
from volumes.reconciler.inline import reconcile_after_commit
from volumes.rules.volumes import review
from volumes.services.create_requests import AuthorizedCreate, CreateByToken
from volumes.services.group_commit import GroupCommitter
from volumes.services.idempotency import IdempotencyKey
from volumes.services.locking import lock_environment
from volumes.services.new_volume import NewVolume, insert_statements
from volumes.specs.volume import VolumeSpec


def create_volume(
    *,
    environment: Environment,
    spec: VolumeSpec,
    snapshots: SnapshotQuerySet,
    actor: Actor,
    key: IdempotencyKey | None = None,
) -> tuple[Volume, bool]:
    """Reserve quota and write the requested volume. The reconciler creates its data.

    Returns the volume and whether an earlier call with the same key had created it.
    `snapshots` are those that the caller reaches. Raises Refused with every problem.
    """
    # Another request may write it: that must not be undone with a transaction of this one's.
    if not key and not connection.in_atomic_block and spec.is_self_contained:
        volume = _COMMITTER.submit(AuthorizedCreate(environment, spec, actor))
        if volume:
            return volume, False
    return _create_locked(environment, spec, snapshots, actor, key)


def create_by_token(create: CreateByToken) -> Volume | None:
    """Do the same for the token with this digest, together with others.

    Returns None for any reason, and leaves the request to `create_volume`.
    """
    return _COMMITTER.submit_by_token(create) if create.spec.is_self_contained else None


_COMMITTER = GroupCommitter()


@transaction.atomic
def _create_locked(
    environment: Environment,
    spec: VolumeSpec,
    snapshots: SnapshotQuerySet,
    actor: Actor,
    key: IdempotencyKey | None,
) -> tuple[Volume, bool]:
    environment = lock_environment(environment)
    if key and (made := key.find()):
        volume = environment.volumes.live().filter(pk=made).first()
        if volume is None:
            raise key.conflict("made a volume that is deleted since")
        return volume, True
    lock_storage_room(environment)
    found = review(environment, spec, volume=None, snapshots=snapshots)
    if found.problems:
        raise Refused(found.problems)
    new_volume = NewVolume(
        environment, spec, actor, applications=found.applications, snapshot=found.snapshot
    )
    volume = insert_volume(new_volume)
    if key:
        key.store(volume.pk)
    return volume, False


def insert_volume(new_volume: NewVolume) -> Volume:
    """Write a volume whose spec has no problems, in a locked environment and storage."""
    # Together: the locks are held for as long as this takes.
    is_limited = new_volume.volume.environment.promise_limit is not None
    execute(*insert_statements([new_volume], is_storage_limited=is_limited))
    reconcile_after_commit(new_volume.volume)
    return new_volume.volume
