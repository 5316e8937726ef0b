"""Maintenance actions on volumes: reconcile, protect, unprotect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.utils import timezone

from accounts.callers import Actor
from config.errors import Problem
from volumes.admin.actions import GONE, AdminAction, Blockers
from volumes.models import Volume, VolumeStatus
from volumes.reconciler import inline
from volumes.services import volumes as services
from volumes.specs.volume import VolumeSpec

Why = Callable[[Any], str | None]


def blocked_unless(
    why: Why, *, allows_deleted: bool = False
) -> Callable[[Sequence[Volume]], Blockers]:
    """Return blockers that need no query: the sentence of `why` and, unless allowed, a deleted volume."""

    def blockers(rows: Sequence[Volume]) -> Blockers:
        reasons = {
            row.pk: GONE if row.is_deleted and not allows_deleted else why(row) for row in rows
        }
        return {pk: [Problem("", "wrong_status", text)] for pk, text in reasons.items() if text}

    return blockers


def _update(spec: VolumeSpec, volume: Volume, actor: Actor) -> None:
    services.update_volume(
        environment=volume.environment, volume_id=volume.pk, spec=spec, actor=actor
    )


RETRY = AdminAction(
    name="retry",
    link_label="Retry",
    button_label="Retry {}",
    done="Tried again",
    permission="change",
    do=partial(_update, VolumeSpec()),
    describe=lambda row: f"It is tried again at once. So far: {row.operator_message}",
    blockers=blocked_unless(
        lambda row: (
            None if row.status == VolumeStatus.ERROR else f"It is {row.status}, not in error."
        )
    ),
    is_available=lambda row: row.status == VolumeStatus.ERROR and not row.is_deleted,
    settles=True,
)


def _nothing_to_reconcile(volume: Volume) -> str | None:
    if volume.status == VolumeStatus.DELETED:
        return "Its data is gone."
    if volume.grace_until and volume.grace_until > timezone.now():
        return f"Its data is kept until {volume.grace_until:%-d %B %Y, %H:%M} UTC."
    return None


def _describe_reconcile(volume: Volume) -> str:
    if volume.due_at is None:
        return "Holdfast looks whether its data is there."
    return "Its next step is taken now, whatever pause it has."


RECONCILE = AdminAction(
    name="reconcile",
    link_label="Reconcile now",
    button_label="Reconcile {} now",
    done="Reconciled",
    permission="change",
    do=lambda volume, actor: inline.reconcile_now(volume),
    describe=_describe_reconcile,
    blockers=blocked_unless(_nothing_to_reconcile, allows_deleted=True),
    is_available=lambda row: row.status != VolumeStatus.DELETED,
    settles=True,
)
PROTECT = AdminAction(
    name="protect",
    link_label="Protect",
    button_label="Protect {}",
    done="Protected",
    permission="change",
    do=partial(_update, VolumeSpec(protected=True)),
    describe=lambda row: "Nobody and no command can delete it any more.",
    blockers=blocked_unless(lambda row: "It is protected already." if row.protected else None),
    is_available=lambda row: not (row.protected or row.is_deleted),
)
UNPROTECT = AdminAction(
    name="unprotect",
    link_label="Take the protection off",
    button_label="Take the protection off {}",
    done="No longer protected",
    permission="change",
    do=partial(_update, VolumeSpec(protected=False)),
    describe=lambda row: "It can be deleted again.",
    blockers=blocked_unless(lambda row: None if row.protected else "It is not protected."),
    is_available=lambda row: row.protected,
)
