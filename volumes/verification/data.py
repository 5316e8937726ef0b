"""Does the storage hold what the rows say, and nothing else?"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, TypeVar

from config import limits
from config.pagination import iterate_in_batches
from volumes.backends import (
    Backend,
    BackendError,
    DataState,
    StorageUnavailable,
    StoredItem,
    Unreadable,
)
from volumes.models import Snapshot, SnapshotStatus, Volume, VolumeStatus
from volumes.models.snapshot import SnapshotQuerySet
from volumes.models.volume import VolumeQuerySet
from volumes.reconciler.presence import is_present
from volumes.storage import storage
from volumes.verification.invariants import Invariant, Unseen, Violation
from volumes.verification.progress import UNDER_WAY

Listed = TypeVar("Listed")

PAUSE = 2.0
"""Seconds until what looked wrong is looked at again: somebody may be in the middle of it."""
LEFT_FOR = 3600.0
"""Seconds. Who lost a race for a row may still be removing what it made."""


def violations(settled: bool) -> Iterator[Violation | Unseen]:
    """Raises BackendError while the storage cannot say anything."""
    backend = storage()
    if not backend.shared:
        raise BackendError("The storage is in the memory of the server alone.")
    backend.check()
    yield from _without_data(backend)
    yield from _without_row(backend)
    yield from _pending_step(backend, 0 if settled else LEFT_FOR)


def _without_data(backend: Backend) -> Iterator[Violation | Unseen]:
    # A row that still says so afterwards was not on its way out when its data was looked for.
    volumes = _held_volumes().values_list("pk", "name", "was_empty", "is_accepted", named=True)
    for volume in chain.from_iterable(iterate_in_batches(volumes, limits.VERIFY_BATCH_ROWS)):
        state = _state(backend, f"{Volume.prefix}{volume.pk} {volume.name}", str(volume.pk))
        if isinstance(state, Unseen):
            yield state
            continue
        held = is_present(volume, state)
        if not held and _held_volumes().filter(pk=volume.pk).exists():
            yield _missing(Volume.prefix, volume)
    snapshots = _held_snapshots().values_list("pk", "name", "volume_id", "is_accepted", named=True)
    for snapshot in chain.from_iterable(iterate_in_batches(snapshots, limits.VERIFY_BATCH_ROWS)):
        name = f"{Snapshot.prefix}{snapshot.pk} {snapshot.name}"
        state = _state(backend, name, str(snapshot.volume_id), str(snapshot.pk))
        if isinstance(state, Unseen):
            yield state
            continue
        is_older = snapshot.is_accepted and state is DataState.EMPTY
        held = is_older or state in (DataState.OWN, DataState.UNMARKED)
        if not held and _held_snapshots().filter(pk=snapshot.pk).exists():
            yield _missing(Snapshot.prefix, snapshot)


def _state(backend: Backend, name: str, *identifiers: str) -> DataState | Unseen:
    """What lies there, or why that cannot be said."""
    try:
        return backend.state(*identifiers)
    except StorageUnavailable:
        raise
    except BackendError as error:
        return Unseen(Invariant.BACKINGS, f"{name}: {error.detail}")


def _missing(prefix: str, row: Any) -> Violation:
    return Violation(Invariant.BACKINGS, f"{prefix}{row.pk} {row.name}: its data is missing")


def _held_volumes() -> VolumeQuerySet:
    """Those whose data was made, whatever became of it, and not given up: a grace may run."""
    return Volume.objects.filter(provisioned_size__isnull=False, removal_started=False)


def _held_snapshots() -> SnapshotQuerySet:
    ready = Snapshot.objects.live().filter(status=SnapshotStatus.READY)
    return ready.filter(volume__is_deleted=False)


def _without_row(backend: Backend) -> Iterator[Violation | Unseen]:
    # The storage before the rows: whatever is made has its row already.
    unreadable: list[Unreadable] = []
    strange = set(_unknown(_readable(backend.inventory(), unreadable)))
    yield from (Unseen(Invariant.BACKINGS, one.error.detail) for one in unreadable)
    if strange:
        time.sleep(PAUSE)
        again = _readable(backend.inventory(), [])
        strange = set(_unknown(one for one in again if one in strange))
    for batch in _batched(one for one in strange if _is_told(one, strange)):
        deleted = _known(Volume.objects.all(), (one.handle for one in batch))
        for one in batch:
            name = f"{Volume.prefix}{one.handle}"
            if one.snapshot is not None:
                what = (
                    f"{Snapshot.prefix}{one.snapshot} of {name}: no row knows it, its data is there"
                )
                yield Violation(Invariant.BACKINGS, what)
            elif one.handle in deleted:
                yield Violation(
                    Invariant.DELETES, f"{name}: it is deleted, its data is still there"
                )
            else:
                yield Violation(Invariant.BACKINGS, f"{name}: no row knows it, its data is there")


def _readable(
    found: Iterable[Listed | Unreadable], unreadable: list[Unreadable]
) -> Iterator[Listed]:
    """What could be looked at; the rest goes into `unreadable`."""
    for one in found:
        if isinstance(one, Unreadable):
            unreadable.append(one)
        else:
            yield one


def _is_told(one: StoredItem, strange: set[StoredItem]) -> bool:
    """A strange volume's snapshots go without saying."""
    return one.snapshot is None or StoredItem(one.handle) not in strange


def _batched(items: Iterable[StoredItem]) -> Iterator[list[StoredItem]]:
    remaining = iter(items)
    while batch := list(islice(remaining, limits.VERIFY_BATCH_ROWS)):
        yield batch


def _unknown(found: Iterable[StoredItem]) -> Iterator[StoredItem]:
    """What no row wants to be there."""
    for batch in _batched(found):
        volumes = _known(
            Volume.objects.exclude(status=VolumeStatus.DELETED), (one.handle for one in batch)
        )
        snapshots = _known(
            Snapshot.objects.all(), (one.snapshot for one in batch if one.snapshot is not None)
        )
        for one in batch:
            if one.handle not in volumes or one.snapshot not in snapshots | {None}:
                yield one


def _pending_step(backend: Backend, left_for: float) -> Iterator[Violation]:
    """Leftovers of what is settled: nobody is at it, and nobody will be."""
    strange = set(_abandoned(backend, left_for))
    if strange:
        time.sleep(PAUSE)
        strange &= set(_abandoned(backend, left_for))
    for one in strange:
        of = f" of {Snapshot.prefix}{one.snapshot}" if one.snapshot else ""
        yield Violation(
            Invariant.BACKINGS,
            f"{Volume.prefix}{one.handle}: it is settled, but something half done{of} lies there",
        )


def _abandoned(backend: Backend, left_for: float) -> Iterator[StoredItem]:
    began = time.time() - left_for
    # What of them cannot be looked at was told with the inventory.
    leftovers = _readable(backend.leftovers(), [])
    for batch in _batched(leftover.item for leftover in leftovers if leftover.since <= began):
        settled = _known(
            Volume.objects.exclude(UNDER_WAY).exclude(status=VolumeStatus.DELETED),
            (one.handle for one in batch),
        )
        at_work = _known(
            Snapshot.objects.filter(UNDER_WAY),
            (one.snapshot for one in batch if one.snapshot is not None),
        )
        for one in batch:
            if one.handle in settled and one.snapshot not in at_work:
                yield one


def _known(rows: VolumeQuerySet | SnapshotQuerySet, names: Iterable[str]) -> set[str]:
    """Which of these names are rows of that set."""
    return {str(pk) for pk in rows.filter(pk__in=list(names)).values_list("pk", flat=True)}
