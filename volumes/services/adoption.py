"""Adopt an existing directory as a new volume. One rename moves its files; none is copied."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.db import transaction

from accounts.callers import Actor
from config.errors import NotFound, Refused
from volumes.models import Environment, Snapshot, Volume
from volumes.queries.quota import lock_storage_room
from volumes.reconciler.adoption import adoptable_size
from volumes.rules.volumes import review
from volumes.services.creation import insert_volume
from volumes.services.locking import lock_environment
from volumes.services.new_volume import NewVolume
from volumes.specs.volume import parse_volume


def adopt_volume(
    *,
    environment_id: uuid.UUID,
    path: Path,
    name: str,
    size: int | None,
    mount_path: str | None,
    actor: Actor,
) -> Volume:
    """Make the directory at `path` a volume. The row keeps the path until the directory has moved.

    `size` is in MB (MiB); the default is the directory's usage, rounded up. Raises NotFound, Refused,
    and BackendError if the storage cannot adopt it.
    """
    environment = Environment.objects.live().filter(pk=environment_id).first()
    if environment is None:
        raise NotFound
    source = str(path.absolute())
    used = adoptable_size(source)
    if size is not None and size < used:
        raise Refused.because("size", "invalid", f"must be at least {used} MB: so much is used")
    body = {"name": name, "size": size or max(1, used)}
    if mount_path is not None:
        body["mountPath"] = mount_path
    spec = parse_volume(body, new=True)
    with transaction.atomic():
        environment = lock_environment(environment)
        lock_storage_room(environment)
        found = review(environment, spec, volume=None, snapshots=Snapshot.objects.none())
        if found.problems:
            raise Refused(found.problems)
        return insert_volume(NewVolume(environment, spec, actor, adopt_from=source, action="adopt"))
