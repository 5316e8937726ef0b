"""Accept the directory in the place of a volume's data as its data."""

from __future__ import annotations

import uuid

from django.db import transaction

from accounts.callers import Actor
from config.errors import NotFound, Refused
from volumes.models import Volume
from volumes.reconciler.inline import due_soon, reconcile_after_commit
from volumes.reconciler.presence import acceptance_blocker
from volumes.services import history
from volumes.services.locking import lock_environment, lock_volume


def accept_data(*, volume_id: uuid.UUID, actor: Actor) -> Volume:
    """Make the present directory the volume's data. The reconciler marks it.

    A second call before that changes nothing. Raises NotFound, and Refused if there is nothing to
    accept or the storage cannot be read.
    """
    volume = Volume.objects.live().select_related("environment").filter(pk=volume_id).first()
    if volume is None:
        raise NotFound
    # Check before the transaction, so that no lock is held while the disk is read.
    if reason := acceptance_blocker(volume):
        raise Refused.because("", "wrong_status", reason)
    with transaction.atomic():
        volume = lock_volume(lock_environment(volume.environment), volume_id)
        if not volume.is_accepted:
            history.record_volume(volume, actor, "accept_data", {}, version=False)
        Volume.objects.filter(pk=volume.pk).update(is_accepted=True, due_at=due_soon(), attempts=0)
        reconcile_after_commit(volume)
    return volume
