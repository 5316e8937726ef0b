"""The rows written for new volumes: volumes, attachments, quota usage and history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.functions import Now

from accounts.audit import Changes
from accounts.callers import Actor
from config.db.bulk_insert import bulk_insert, new_instance
from config.db.statements import Statement
from volumes.models import Application, Attachment, Environment, Snapshot, Volume
from volumes.queries.quota import usage_statements
from volumes.reconciler.inline import due_soon, initial_lease
from volumes.services import history
from volumes.services.locking import created_by
from volumes.specs.volume import STORED_FIELDS, VolumeSpec

_NOW = Now()


class NewVolume:
    """Not written yet. The spec has no problems in itself."""

    def __init__(
        self,
        environment: Environment,
        spec: VolumeSpec,
        actor: Actor,
        *,
        applications: Sequence[Application] = (),
        snapshot: Snapshot | None = None,
        adopt_from: str = "",
        action: str = "create",
        is_leased: bool = False,
        held: dict[str, Any] | None = None,
    ) -> None:
        """`held` has the columns of a volume whose data is in the storage: it is settled."""
        due = held or (initial_lease() if is_leased else {"due_at": due_soon()})
        self.volume = volume = _volume(
            environment, spec, actor, restore_from=snapshot, adopt_from=adopt_from, due=due
        )
        self.mounts = [
            Attachment(volume=volume, application=application, mount_path=volume.mount_path)
            for application in applications
        ]
        changes = _as_created(volume, applications)
        self.entry = history.entry_of_volume(volume, actor, action, changes)


def insert_statements(
    new_volumes: Sequence[NewVolume], *, is_storage_limited: bool
) -> list[Statement]:
    """Return the statements that write new volumes of one environment.

    `is_storage_limited` tells whether there is a rule of the storage, for which their sizes count.
    """
    volumes = [new_volume.volume for new_volume in new_volumes]
    mounts = [mount for new_volume in new_volumes for mount in new_volume.mounts]
    return [
        bulk_insert(*volumes),
        *([bulk_insert(*mounts)] if mounts else []),
        *usage_statements(
            volumes[0].environment,
            sum(volume.size for volume in volumes),
            is_storage_limited=is_storage_limited,
        ),
        bulk_insert(*(new_volume.entry for new_volume in new_volumes)),
    ]


def _volume(
    environment: Environment,
    spec: VolumeSpec,
    actor: Actor,
    *,
    restore_from: Snapshot | None,
    adopt_from: str,
    due: dict[str, Any],
) -> Volume:
    values = {field.column: getattr(spec, field.column) for field in STORED_FIELDS}
    volume = new_instance(
        Volume,
        environment_id=environment.pk,
        **{column: value for column, value in values.items() if value is not None},
        restore_from_id=restore_from and restore_from.pk,
        adopt_from=adopt_from,
        detached_at=_NOW,
        **due,
        **created_by(actor),
    )
    volume.environment, volume.restore_from = environment, restore_from
    return volume


def _as_created(volume: Volume, applications: Sequence[Application]) -> Changes:
    given: dict[str, Any] = {field.name: getattr(volume, field.column) for field in STORED_FIELDS}
    if applications:
        given["attachedAppsRefs"] = [application.ref for application in applications]
    if volume.restore_from:
        given["restoreFrom"] = volume.restore_from.ref
    if volume.adopt_from:
        given["path"] = volume.adopt_from
    return history.creation_changes(**given)
