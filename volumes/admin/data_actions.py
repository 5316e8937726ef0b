"""Actions on volumes' data: snapshot, accept, delete and restore."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.callers import Actor
from volumes.admin.actions import AdminAction, Blockers
from volumes.admin.maintenance_actions import blocked_unless
from volumes.models import Snapshot, Volume
from volumes.presentation import formatting
from volumes.rules.deletion import delete_blockers, restore_blockers
from volumes.rules.snapshots import snapshot_blockers
from volumes.services import snapshots
from volumes.services import volumes as services
from volumes.services.acceptance import accept_data
from volumes.specs.snapshot import SnapshotSpec
from volumes.storage import storage


def _snapshot(volume: Volume, actor: Actor) -> Snapshot:
    snapshot, _ = snapshots.take_snapshot(
        environment=volume.environment, volume_id=volume.pk, spec=SnapshotSpec(), actor=actor
    )
    return snapshot


def _snapshot_blockers(rows: Sequence[Any]) -> Blockers:
    gone = blocked_unless(lambda row: None)(rows)
    return {
        row.pk: gone.get(row.pk) or list(snapshot_blockers(row, present=row.snapshot_count))
        for row in rows
    }


SNAPSHOT = AdminAction(
    name="snapshot",
    link_label="Take a snapshot",
    button_label="Take a snapshot of {}",
    done="Snapshot taken",
    permission="change",
    do=_snapshot,
    describe=lambda row: f"{formatting.size(row.used_size or 0)} are copied.",
    blockers=_snapshot_blockers,
    is_available=lambda row: row.has_data and not row.is_deleted,
    settles=True,
)


def _acceptance_blocker(volume: Volume) -> str | None:
    return None if volume.missing_since else "Its data is not missing."


ACCEPT = AdminAction(
    name="accept_data",
    link_label="Accept the data",
    button_label="Accept what is there now as the data of {}",
    done="Data accepted",
    permission="change",
    do=lambda volume, actor: accept_data(volume_id=volume.pk, actor=actor),
    describe=lambda row: (
        f"{storage().source(str(row.pk))} becomes its data as it is, even if it is empty. "
        f"It held {formatting.size(row.used_size)} when it was last measured."
    ),
    blockers=blocked_unless(_acceptance_blocker),
    is_available=lambda row: row.missing_since is not None and not row.is_deleted,
    is_danger=True,
    settles=True,
)


def _delete(cascade: bool, volume: Volume, actor: Actor) -> None:
    services.delete_volume(
        environment=volume.environment, volume_id=volume.pk, actor=actor, cascade=cascade
    )


def _delete_blockers(cascade: bool, rows: Sequence[Volume]) -> Blockers:
    gone = blocked_unless(lambda row: None)(rows)
    return {**delete_blockers(rows, cascade=cascade), **gone}


def _describe_delete(volume: Any) -> str:
    held = formatting.share(volume.used_size, volume.size)
    snapshots = f" and {volume.snapshot_count} snapshots" if volume.snapshot_count else ""
    if grace := settings.VOLUME_DELETE_GRACE:
        goes = formatting.ago(timezone.now() + timedelta(seconds=grace + 1))
        return f"Its data ({held}{snapshots}) goes {goes}. Until then it can be restored."
    return f"Its data ({held}{snapshots}) is removed at once, for good."


DELETE = AdminAction(
    name="delete",
    link_label="Delete",
    button_label="Delete {}",
    done="Deleted",
    permission="delete",
    do=partial(_delete, False),
    describe=_describe_delete,
    blockers=partial(_delete_blockers, False),
    is_danger=True,
    settles=True,
)
DELETE_ALL = AdminAction(
    name="cascade",
    link_label="Delete with snapshots",
    button_label="Delete {} with all snapshots",
    done="Deleted",
    permission="delete",
    do=partial(_delete, True),
    describe=_describe_delete,
    blockers=partial(_delete_blockers, True),
    is_available=lambda row: not row.is_deleted,
    is_danger=True,
    settles=True,
)


def _restore(volume: Volume, actor: Actor) -> None:
    services.restore_volume(environment=volume.environment, volume_id=volume.pk, actor=actor)


RESTORE = AdminAction(
    name="restore",
    link_label="Restore",
    button_label="Restore {}",
    done="Restored",
    permission="change",
    do=_restore,
    describe=lambda row: "It comes back with its data, and with the snapshots deleted with it.",
    blockers=lambda rows: {row.pk: list(restore_blockers(row)) for row in rows},
    is_available=lambda row: row.is_deleted and not row.removal_started,
    settles=True,
)
