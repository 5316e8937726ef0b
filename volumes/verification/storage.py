"""What is wrong with the storage as a whole, and which data of live volumes it lacks."""

from __future__ import annotations

from collections.abc import Iterator

from config import limits
from config.pagination import iterate_in_batches
from volumes.backends import (
    Backend,
    BackendError,
    Diagnosis,
    StorageProblem,
    StoredItem,
    Unreadable,
)
from volumes.models import Volume
from volumes.reconciler.presence import is_present
from volumes.storage import storage

CURE = "Restore it from a backup, or accept what is there: manage.py accept_data"


def diagnose_storage() -> Diagnosis:
    """Examine storage and rows. Changes nothing."""
    backend = storage()
    found = backend.diagnose()
    try:
        missing = list(_missing(backend))
    except BackendError:  # The whole storage cannot be used, which is among the problems.
        missing = []
    return Diagnosis(found.facts, [*found.problems, *missing])


def _missing(backend: Backend) -> Iterator[StorageProblem]:
    """Yield live volumes whose data is not in its place. Raises BackendError."""
    backend.check()
    held = Volume.objects.live().filter(provisioned_size__isnull=False)
    rows = held.values_list("pk", "name", "was_empty", "is_accepted", named=True)
    for batch in iterate_in_batches(rows, limits.VERIFY_BATCH_ROWS):
        states = backend.states(StoredItem(str(volume.pk)) for volume in batch)
        for volume, (_, state) in zip(batch, states, strict=True):
            # The backend reports what cannot be read.
            if not isinstance(state, Unreadable) and not is_present(volume, state):
                ref = f"{Volume.prefix}{volume.pk}"
                problem = f"is missing or empty: it is the data of {ref} {volume.name}"
                yield StorageProblem(backend.source(str(volume.pk)), problem, f"{CURE} {ref}")
