"""Clean-up by operators: volumes that nobody uses."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db.models.functions import Now

from accounts.callers import Actor
from config.errors import NotFound, Refused
from volumes.models import Volume
from volumes.models.volume import VolumeQuerySet
from volumes.services.volumes import delete_volume


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
