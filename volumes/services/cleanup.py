"""Clean-up by operators: rows of deleted volumes, and unused volumes."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db.models.functions import Now

from accounts.callers import Actor
from config.errors import NotFound, Refused
from volumes.models import Volume, VolumeStatus
from volumes.models.volume import VolumeQuerySet
from volumes.reconciler.steps import reconcile_row
from volumes.services.volumes import delete_volume


def expired_deletions(older_than: timedelta) -> VolumeQuerySet:
    return Volume.objects.filter(is_deleted=True, deleted_at__lte=Now() - older_than).order_by("id")


def purge(volume: Volume) -> bool | None:
    """Remove remaining data of a deleted volume, also in its grace period, and then its row.

    Returns False if the data could not be removed (the row has the reason), None if the volume was
    skipped: another process has leased it, or a user has restored it meanwhile.
    """
    if volume.status != VolumeStatus.DELETED:
        Volume.objects.filter(pk=volume.pk, is_deleted=True).update(grace_until=None, due_at=Now())
        reconcile_row(Volume.objects.eligible(), volume.pk)
    gone = Volume.objects.filter(pk=volume.pk, is_deleted=True, status=VolumeStatus.DELETED)
    if gone.delete()[0]:
        return True
    failed = Volume.objects.free().filter(pk=volume.pk, is_deleted=True)
    return False if failed.exists() else None


def unused(since: timedelta, environment_id: uuid.UUID | None) -> VolumeQuerySet:
    """Return volumes without attachments for that long, except protected ones and ones with snapshots."""
    found = Volume.objects.live().filter(
        protected=False, attachments__isnull=True, detached_at__lte=Now() - since
    )
    found = found.exclude(snapshots__is_deleted=False).filter(environment__is_deleted=False)
    if environment_id is not None:
        found = found.filter(environment=environment_id)
    return found.select_related("environment__company").order_by("id")


def delete_unused(volume: Volume, actor: Actor) -> bool:
    """Delete a volume under the usual rules. Return False if it was used or deleted meanwhile."""
    try:
        delete_volume(environment=volume.environment, volume_id=volume.pk, actor=actor)
    except (NotFound, Refused):
        return False
    return True
