"""Accepting what lies in the place of a volume's data as its data."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import transaction

from accounts.callers import Actor
from config.errors import NotFound, Problem, Refused
from volumes.backends import BackendError, DataState
from volumes.models import Volume
from volumes.reconciler.inline import due_soon, reconcile_after_commit
from volumes.services import history
from volumes.services.locking import lock_environment, lock_volume
from volumes.storage import storage


def accept_data(*, volume_id: uuid.UUID, actor: Actor) -> Volume:
    """Make the directory that is there now the volume's data; the reconciler marks it.

    Accepted twice before that is accepted once. Raises NotFound, Refused where there is nothing to
    accept, or the storage cannot say.
    """
    volume = Volume.objects.live().select_related("environment").filter(pk=volume_id).first()
    if volume is None:
        raise NotFound
    # Before the transaction: no lock waits for the disk.
    if problems := list(_blockers(volume)):
        raise Refused(problems)
    with transaction.atomic():
        volume = lock_volume(lock_environment(volume.environment), volume_id)
        if not volume.is_accepted:
            history.record_volume(volume, actor, "accept_data", {}, version=False)
        Volume.objects.filter(pk=volume.pk).update(is_accepted=True, due_at=due_soon(), attempts=0)
        reconcile_after_commit(volume)
    return volume


def _blockers(volume: Volume) -> Iterable[Problem]:
    backend, handle = storage(), str(volume.pk)
    source = backend.source(handle)
    try:
        state = backend.state(handle)
    except BackendError as error:
        yield _problem(error.detail)
        return
    if volume.provisioned_size is None:
        yield _problem(
            f"It was not created yet. Move away what lies at {source}; then it is created."
        )
    elif state is DataState.OWN:
        yield _problem("Its own data is there: there is nothing to accept.")
    elif state is DataState.MISSING:
        yield _problem(f"There is no directory at {source} to accept.")


def _problem(message: str) -> Problem:
    return Problem("", "wrong_status", message)
