"""What operators do to volumes, many at once: what will happen to each, and what stands against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.callers import Actor
from volumes.admin.verbs import GONE, Reasons, Verb
from volumes.errors import Problem
from volumes.models import Volume, VolumeStatus
from volumes.pages import words
from volumes.reconciler import inline
from volumes.rules.deletion import reasons_not_to_restore, reasons_to_keep
from volumes.rules.others import reasons_against_snapshot
from volumes.services import snapshots
from volumes.services import volumes as services

Why = Callable[[Any], str | None]


def _unless(why: Why, *, standing: bool = True) -> Callable[[Sequence[Volume]], Reasons]:
    """What needs no query: a sentence where it makes no sense for a volume, and no deleted ones."""

    def against(rows: Sequence[Volume]) -> Reasons:
        said = {row.pk: GONE if standing and row.is_deleted else why(row) for row in rows}
        return {pk: [Problem("", "wrong_status", text)] for pk, text in said.items() if text}

    return against


def _update(body: dict[str, Any], volume: Volume, actor: Actor) -> None:
    services.update_volume(
        environment=volume.environment, volume_id=volume.pk, body=body, actor=actor
    )


RETRY = Verb(
    name="retry",
    short="Retry",
    phrase="Retry {}",
    done="Tried again",
    permission="change",
    do=partial(_update, {}),
    says=lambda row: f"It is tried again at once. So far: {row.status_message}",
    against=_unless(
        lambda row: (
            None if row.status == VolumeStatus.ERROR else f"It is {row.status}, not in error."
        )
    ),
    offered=lambda row: row.status == VolumeStatus.ERROR and not row.is_deleted,
)


def _nothing_to_reconcile(volume: Volume) -> str | None:
    if volume.status == VolumeStatus.DELETED:
        return "Its data is gone."
    if volume.grace_until and volume.grace_until > timezone.now():
        return f"Its data is kept until {volume.grace_until:%-d %B %Y, %H:%M} UTC."
    return None


def _reconcile_says(volume: Volume) -> str:
    if volume.due_at is None:
        return "Holdfast looks whether its data is there."
    return "Its next step is taken now, whatever pause it has."


RECONCILE = Verb(
    name="reconcile",
    short="Reconcile now",
    phrase="Reconcile {} now",
    done="Reconciled",
    permission="change",
    do=lambda volume, actor: inline.reconcile_now(volume),
    says=_reconcile_says,
    against=_unless(_nothing_to_reconcile, standing=False),
    offered=lambda row: row.status != VolumeStatus.DELETED,
)
PROTECT = Verb(
    name="protect",
    short="Protect",
    phrase="Protect {}",
    done="Protected",
    permission="change",
    do=partial(_update, {"protected": True}),
    says=lambda row: "Nobody and no command can delete it any more.",
    against=_unless(lambda row: "It is protected already." if row.protected else None),
    offered=lambda row: not (row.protected or row.is_deleted),
)
UNPROTECT = Verb(
    name="unprotect",
    short="Take the protection off",
    phrase="Take the protection off {}",
    done="No longer protected",
    permission="change",
    do=partial(_update, {"protected": False}),
    says=lambda row: "It can be deleted again.",
    against=_unless(lambda row: None if row.protected else "It is not protected."),
    offered=lambda row: row.protected,
)


def _snapshot(volume: Volume, actor: Actor) -> None:
    snapshots.take_snapshot(
        environment=volume.environment, volume_id=volume.pk, body={}, actor=actor
    )


def _against_snapshot(rows: Sequence[Any]) -> Reasons:
    gone = _unless(lambda row: None)(rows)
    return {
        row.pk: gone.get(row.pk) or list(reasons_against_snapshot(row, present=row.snapshot_count))
        for row in rows
    }


SNAPSHOT = Verb(
    name="snapshot",
    short="Take a snapshot",
    phrase="Take a snapshot of {}",
    done="Snapshot taken",
    permission="change",
    do=_snapshot,
    says=lambda row: f"{words.size(row.used_size or 0)} are copied.",
    against=_against_snapshot,
    offered=lambda row: row.has_data and not row.is_deleted,
)


def _delete(cascade: bool, volume: Volume, actor: Actor) -> None:
    services.delete_volume(
        environment=volume.environment, volume_id=volume.pk, actor=actor, cascade=cascade
    )


def _against_delete(cascade: bool, rows: Sequence[Volume]) -> Reasons:
    gone = _unless(lambda row: None)(rows)
    return {**reasons_to_keep(rows, cascade=cascade), **gone}


def _delete_says(volume: Any) -> str:
    held = words.share(volume.used_size, volume.size)
    snapshots = f" and {volume.snapshot_count} snapshots" if volume.snapshot_count else ""
    if grace := settings.VOLUME_DELETE_GRACE:
        goes = words.ago(timezone.now() + timedelta(seconds=grace + 1))
        return f"Its data ({held}{snapshots}) goes {goes}. Until then it can be restored."
    return f"Its data ({held}{snapshots}) is removed at once, for good."


DELETE = Verb(
    name="delete",
    short="Delete",
    phrase="Delete {}",
    done="Deleted",
    permission="delete",
    do=partial(_delete, False),
    says=_delete_says,
    against=partial(_against_delete, False),
    is_danger=True,
)
DELETE_ALL = Verb(
    name="cascade",
    short="Delete with snapshots",
    phrase="Delete {} with all snapshots",
    done="Deleted",
    permission="delete",
    do=partial(_delete, True),
    says=_delete_says,
    against=partial(_against_delete, True),
    offered=lambda row: not row.is_deleted,
    is_danger=True,
)


def _restore(volume: Volume, actor: Actor) -> None:
    services.restore_volume(environment=volume.environment, volume_id=volume.pk, actor=actor)


RESTORE = Verb(
    name="restore",
    short="Restore",
    phrase="Restore {}",
    done="Restored",
    permission="change",
    do=_restore,
    says=lambda row: "It comes back with its data, and with the snapshots deleted with it.",
    against=lambda rows: {row.pk: list(reasons_not_to_restore(row)) for row in rows},
    offered=lambda row: row.is_deleted and not row.removal_started,
)

VERBS = [RETRY, RECONCILE, PROTECT, UNPROTECT, SNAPSHOT, DELETE, DELETE_ALL, RESTORE]
