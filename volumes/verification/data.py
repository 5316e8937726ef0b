"""Check that the storage holds the data of the rows, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from config import limits
from config.pagination import iterate_in_batches
from volumes.backends import (
    Backend,
    BackendError,
    DataState,
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
"""Seconds before an apparent violation is checked again: a change may be in progress."""
LEFT_FOR = (limits.MIN_LEFTOVER_AGE + 2 * limits.CHECK_INTERVAL).total_seconds()
"""Seconds after which a leftover counts as abandoned: the hourly check should have removed it."""


def violations(settled: bool) -> Iterator[Violation | Unseen]:
    """Yield violations. Raises BackendError if the storage cannot be read."""
    backend = storage()
    if not backend.shared:
        raise BackendError("The storage is in the memory of the server alone.")
    backend.check()
    yield from _without_data(backend)
    yield from _without_row(backend)
    yield from _pending_step(backend, 0 if settled else LEFT_FOR)


def _without_data(backend: Backend) -> Iterator[Violation | Unseen]:
    # If the row still expects data after the check, it was not being removed during the check.
    volumes = _held_volumes().values_list("pk", "name", "was_empty", "is_accepted", named=True)
    for batch in iterate_in_batches(volumes, limits.VERIFY_BATCH_ROWS):
        states = backend.states(StoredItem(str(volume.pk)) for volume in batch)
        for volume, (_, state) in zip(batch, states, strict=True):
            if isinstance(state, Unreadable):
                yield _unseen(Volume.prefix, volume, state)
                continue
            held = is_present(volume, state)
            if not held and _held_volumes().filter(pk=volume.pk).exists():
                yield _missing(Volume.prefix, volume)
    snapshots = _held_snapshots().values_list("pk", "name", "volume_id", "is_accepted", named=True)
    for batch in iterate_in_batches(snapshots, limits.VERIFY_BATCH_ROWS):
        states = backend.states(
            StoredItem(str(snapshot.volume_id), str(snapshot.pk)) for snapshot in batch
        )
        for snapshot, (_, state) in zip(batch, states, strict=True):
            if isinstance(state, Unreadable):
                yield _unseen(Snapshot.prefix, snapshot, state)
                continue
            is_older = snapshot.is_accepted and state is DataState.EMPTY
            held = is_older or state in (DataState.OWN, DataState.UNMARKED)
            if not held and _held_snapshots().filter(pk=snapshot.pk).exists():
                yield _missing(Snapshot.prefix, snapshot)


def _unseen(prefix: str, row: Any, unreadable: Unreadable) -> Unseen:
    return Unseen(Invariant.BACKINGS, f"{prefix}{row.pk} {row.name}: {unreadable.error.detail}")


def _missing(prefix: str, row: Any) -> Violation:
    return Violation(Invariant.BACKINGS, f"{prefix}{row.pk} {row.name}: its data is missing")


def _held_volumes() -> VolumeQuerySet:
    """Return volumes that should have data: it was created, and its removal has not started."""
    return Volume.objects.filter(provisioned_size__isnull=False, removal_started=False)


def _held_snapshots() -> SnapshotQuerySet:
    ready = Snapshot.objects.live().filter(status=SnapshotStatus.READY)
    return ready.filter(volume__is_deleted=False)


def _without_row(backend: Backend) -> Iterator[Violation | Unseen]:
    # List the storage before the rows: new data already has its row.
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
    """Yield the readable entries; append the others to `unreadable`."""
    for one in found:
        if isinstance(one, Unreadable):
            unreadable.append(one)
        else:
            yield one


def _is_told(one: StoredItem, strange: set[StoredItem]) -> bool:
    """Return whether the item is reported. Snapshots of a reported volume are not."""
    return one.snapshot is None or StoredItem(one.handle) not in strange


def _batched(items: Iterable[StoredItem]) -> Iterator[list[StoredItem]]:
    remaining = iter(items)
    while batch := list(islice(remaining, limits.VERIFY_BATCH_ROWS)):
        yield batch


def _unknown(found: Iterable[StoredItem]) -> Iterator[StoredItem]:
    """Yield the items without a row."""
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
    """Yield leftovers of settled rows, which no step will remove."""
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
    # Unreadable entries were reported with the inventory.
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
    """Return the names that are ids of these rows."""
    return {str(pk) for pk in rows.filter(pk__in=list(names)).values_list("pk", flat=True)}
