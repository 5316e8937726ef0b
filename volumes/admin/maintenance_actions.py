"""Maintenance actions on volumes: reconcile, protect, unprotect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.utils import timezone

from accounts.callers import Actor
from config.errors import Problem
from volumes.admin.actions import GONE, AdminAction, Reasons
from volumes.models import Volume, VolumeStatus
from volumes.reconciler import inline
from volumes.services import volumes as services
from volumes.specs.volume import VolumeSpec

Why = Callable[[Any], str | None]


def blocked_unless(why: Why, *, standing: bool = True) -> Callable[[Sequence[Volume]], Reasons]:
    """Return blockers that need no query: the sentence of `why`, and deleted volumes."""

    def against(rows: Sequence[Volume]) -> Reasons:
        reasons = {row.pk: GONE if standing and row.is_deleted else why(row) for row in rows}
        return {pk: [Problem("", "wrong_status", text)] for pk, text in reasons.items() if text}

    return against


def _update(spec: VolumeSpec, volume: Volume, actor: Actor) -> None:
    services.update_volume(
        environment=volume.environment, volume_id=volume.pk, spec=spec, actor=actor
    )


RETRY = AdminAction(
    name="retry",
    short="Retry",
    phrase="Retry {}",
    done="Tried again",
    permission="change",
    do=partial(_update, VolumeSpec()),
    says=lambda row: f"It is tried again at once. So far: {row.operator_message}",
    against=blocked_unless(
        lambda row: (
            None if row.status == VolumeStatus.ERROR else f"It is {row.status}, not in error."
        )
    ),
    offered=lambda row: row.status == VolumeStatus.ERROR and not row.is_deleted,
    settles=True,
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


RECONCILE = AdminAction(
    name="reconcile",
    short="Reconcile now",
    phrase="Reconcile {} now",
    done="Reconciled",
    permission="change",
    do=lambda volume, actor: inline.reconcile_now(volume),
    says=_reconcile_says,
    against=blocked_unless(_nothing_to_reconcile, standing=False),
    offered=lambda row: row.status != VolumeStatus.DELETED,
    settles=True,
)
PROTECT = AdminAction(
    name="protect",
    short="Protect",
    phrase="Protect {}",
    done="Protected",
    permission="change",
    do=partial(_update, VolumeSpec(protected=True)),
    says=lambda row: "Nobody and no command can delete it any more.",
    against=blocked_unless(lambda row: "It is protected already." if row.protected else None),
    offered=lambda row: not (row.protected or row.is_deleted),
)
UNPROTECT = AdminAction(
    name="unprotect",
    short="Take the protection off",
    phrase="Take the protection off {}",
    done="No longer protected",
    permission="change",
    do=partial(_update, VolumeSpec(protected=False)),
    says=lambda row: "It can be deleted again.",
    against=blocked_unless(lambda row: None if row.protected else "It is not protected."),
    offered=lambda row: row.protected,
)
