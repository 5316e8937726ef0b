"""Take over the storage of an installation whose database is lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.callers import Actor
from config.db.cte import execute
from config.errors import NotFound, Refused
from volumes.models import (
    Environment,
    Snapshot,
    SnapshotStatus,
    StorageState,
    Volume,
    VolumeStatus,
)
from volumes.reconciler.availability import refresh_availability
from volumes.reconciler.marking import mark_older_data
from volumes.reconciler.storage_facts import refresh_storage_facts
from volumes.reconciler.takeover import FoundVolume, LostStorage, find_lost_storage
from volumes.reconciler.targets.snapshot import snapshot_consistency
from volumes.rules.quota import QuotaHeadroom
from volumes.services import history
from volumes.services.locking import lock_environment
from volumes.services.new_volume import NewVolume, insert_statements
from volumes.specs.volume import parse_volume

BATCH = 100  # volumes written in one transaction


@dataclass
class TakeOver:
    """What was done."""

    adopted: int = 0
    is_complete: bool = True
    """The storage is this installation's. Otherwise `unreadable` says why it is not yet."""
    unreadable: list[str] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    overcommitted: str = ""
    """By how much the sizes exceed what the storage may promise; empty if they do not."""


def take_over_storage(
    *, environment_id: uuid.UUID, actor: Actor, advance: Callable[[int, int], None]
) -> TakeOver:
    """Make every directory in the storage a volume of the environment. Nothing is moved or copied.

    The marker changes last, so an interrupted call is repeated. `advance` is told how many volumes are
    measured, and of how many. Raises NotFound, Refused, and BackendError if the storage is in use.
    """
    environment = Environment.objects.live().filter(pk=environment_id).first()
    if environment is None:
        raise NotFound
    result = TakeOver()
    storage = find_lost_storage()
    if storage is None:
        return result
    _require_no_other_volumes(storage)
    volumes = []
    for volume in storage.volumes():
        volumes.append(volume)
        advance(len(volumes), len(storage.handles))
    result.unmeasured = storage.unmeasured.unreadable
    result.unreadable = storage.unreadable.unreadable
    _require_quota(environment, volumes)
    for start in range(0, len(volumes), BATCH):
        result.adopted += _adopt(environment, volumes[start : start + BATCH], actor)
    if result.unreadable:
        result.is_complete = False
        return result
    storage.take_over()
    result.unmarked = mark_older_data()
    refresh_availability()
    refresh_storage_facts()
    result.overcommitted = _overcommitted()
    return result


def _overcommitted() -> str:
    found = StorageState.objects.filter(promised__gt=F("promise_limit")).first()
    if found is None:
        return ""
    return (
        f"The sizes of all volumes are {found.promised} MB together, but the storage may promise only"
        f" {found.promise_limit} MB. Until they fit, no volume can be created or grown."
    )


def _require_no_other_volumes(storage: LostStorage) -> None:
    """Raise Refused if the data of this installation's own volumes is in another place."""
    here = set(storage.handles)
    own = Volume.objects.exclude(status=VolumeStatus.DELETED).values_list("pk", flat=True)
    if elsewhere := sum(str(pk) not in here for pk in own.iterator()):
        raise Refused.because(
            "",
            "in_use",
            f"This installation has {elsewhere} volumes whose data is not in this storage: take it"
            " over with a new installation, which has no volumes yet.",
        )


def _require_quota(environment: Environment, volumes: Sequence[FoundVolume]) -> None:
    """Raise Refused unless all volumes without a row fit together."""
    with transaction.atomic():
        missing = sum(volume.size for volume in _without_row(volumes))
        if problems := QuotaHeadroom(lock_environment(environment), missing).quota_problems():
            raise Refused(problems)


@transaction.atomic
def _adopt(environment: Environment, found: Sequence[FoundVolume], actor: Actor) -> int:
    """Write the rows of volumes that have none. Return how many. Raises NotFound, Refused."""
    environment = lock_environment(environment)
    volumes = _without_row(found)
    if not volumes:
        return 0
    if problems := QuotaHeadroom(environment, sum(one.size for one in volumes)).quota_problems():
        raise Refused(problems)
    names = {volume.id: f"recovered-{str(volume.id)[-12:]}" for volume in volumes}
    taken = set(
        environment.volumes.live().filter(name__in=names.values()).values_list("name", flat=True)
    )
    rows = []
    for volume in volumes:
        is_free = names[volume.id] not in taken
        taken.add(names[volume.id])
        name = names[volume.id] if is_free else f"recovered-{volume.id}"
        rows.append(_row(environment, volume, name, actor))
    # The data is there already: more than the storage may promise is reported, not refused.
    is_limited = environment.promise_limit is not None
    execute(*insert_statements(rows, is_storage_limited=is_limited))
    for row, volume in zip(rows, volumes, strict=True):
        _adopt_snapshots(row.volume, volume, actor)
    return len(rows)


def _row(environment: Environment, volume: FoundVolume, name: str, actor: Actor) -> NewVolume:
    spec = parse_volume({"name": name, "size": volume.size}, new=True)
    held = {
        "id": volume.id,
        "status": VolumeStatus.READY,
        "provisioned_size": volume.size,
        # A copy of the storage has no marks; the directory that is there now is the data.
        "is_accepted": True,
        "due_at": None,
    }
    return NewVolume(environment, spec, actor, action="adopt", held=held)


def _adopt_snapshots(volume: Volume, found: FoundVolume, actor: Actor) -> None:
    now = timezone.now()
    snapshots = [
        Snapshot(
            id=snapshot.id,
            volume=volume,
            environment_id=volume.environment_id,
            name=f"recovered-{str(snapshot.id)[-12:]}",
            size=snapshot.size,
            status=SnapshotStatus.READY,
            consistency=snapshot_consistency(),
            taken_at=snapshot.taken_at,
            is_accepted=True,
            created_by=actor.by,
            created_at=now,
        )
        for snapshot in found.snapshots
    ]
    Snapshot.objects.bulk_create(snapshots)
    for snapshot in snapshots:
        changes = history.creation_changes(name=snapshot.name)
        history.record_volume(volume, actor, "snapshot_create", changes, version=False)


def _without_row(found: Sequence[FoundVolume]) -> list[FoundVolume]:
    known: set[uuid.UUID] = set()
    for start in range(0, len(found), BATCH):
        ids = [volume.id for volume in found[start : start + BATCH]]
        known.update(Volume.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [volume for volume in found if volume.id not in known]
