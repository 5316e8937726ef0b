"""The storage of an installation whose database is lost: read it, and put this one's marker on it."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from volumes.backends import Backend, BackendError, DataState, StorageUnavailable, Unreadable
from volumes.models import Volume
from volumes.reconciler.passes import FailureCollector
from volumes.reconciler.usage_samples import MIB
from volumes.storage import build_backend, installation_id

QUIET_SECONDS = 60.0
"""A leftover that is younger shows that another server works in the storage, or did a moment ago."""


@dataclass(frozen=True)
class FoundSnapshot:
    """A snapshot without a row."""

    id: uuid.UUID
    size: int
    """MB (MiB) that it uses, rounded up."""
    taken_at: datetime


@dataclass(frozen=True)
class FoundVolume:
    """A volume without a row."""

    id: uuid.UUID
    size: int
    """MB (MiB) that its data uses, or its largest snapshot, rounded up."""
    snapshots: list[FoundSnapshot]


class LostStorage:
    """A storage that is marked as another installation's."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.unreadable = FailureCollector()
        """What could not be found out: a volume may be behind it."""
        self.unmeasured = FailureCollector()
        """Volumes whose size is not known. They count as 1 MB."""
        # The marker stays until every volume has a row: meanwhile no clean-up takes any for an orphan.
        self._backend = build_backend(owner)
        self._items = self._list()

    @property
    def handles(self) -> list[str]:
        return list(self._items)

    def volumes(self) -> Iterator[FoundVolume]:
        """Measure each volume. What cannot be read is in `unreadable` and `unmeasured`."""
        for handle, snapshots in self._items.items():
            with self.unreadable.collecting(f"{Volume.prefix}{handle}"):
                if found := self._volume(handle, snapshots):
                    yield found

    def take_over(self) -> None:
        """Put this installation's marker on the storage. Raises StorageUnavailable."""
        build_backend(installation_id()).take_over(self.owner)

    def _list(self) -> dict[str, list[str]]:
        for leftover in self._backend.leftovers():
            if (
                not isinstance(leftover, Unreadable)
                and leftover.since > time.time() - QUIET_SECONDS
            ):
                raise StorageUnavailable(
                    "Another server works in this storage, or did until a minute ago: stop it, and"
                    " try again after a minute."
                )
        found: dict[str, list[str]] = defaultdict(list)
        for item in self._backend.inventory():
            if isinstance(item, Unreadable):
                self.unreadable.add(item.error)
            elif item.snapshot is None:
                found[item.handle]
            else:
                found[item.handle].append(item.snapshot)
        return dict(sorted(found.items()))

    def _volume(self, handle: str, names: list[str]) -> FoundVolume | None:
        """Return None for a volume of which there is only something half made or half removed."""
        snapshots = list(self._snapshots(handle, names))
        state = self._backend.state(handle)
        if state is DataState.MISSING and not snapshots:
            return None
        has_data = state in (DataState.OWN, DataState.UNMARKED)
        used = self._usage(handle) if has_data else 0
        size = max([1, used, *(snapshot.size for snapshot in snapshots)])
        return FoundVolume(uuid.UUID(handle), size, snapshots)

    def _usage(self, handle: str) -> int:
        """Return the MB that the data uses; 0 for data that cannot be read."""
        used = 0
        with self.unmeasured.collecting(f"{Volume.prefix}{handle}"):
            used = _megabytes(self._backend.usage(handle))
        return used

    def _snapshots(self, handle: str, names: list[str]) -> Iterator[FoundSnapshot]:
        for name in sorted(names):
            state = self._backend.state(handle, name)
            if state is DataState.EMPTY:
                yield _snapshot(name, 0, self._backend.last_changed(handle, name))
            elif state is not DataState.MISSING:
                facts = self._backend.snapshot_facts(handle, name)
                yield _snapshot(name, facts.used, facts.taken_at)


def _snapshot(name: str, used: int, taken_at: float) -> FoundSnapshot:
    size = max(1, _megabytes(used))
    return FoundSnapshot(uuid.UUID(name), size, datetime.fromtimestamp(taken_at, UTC))


def find_lost_storage() -> LostStorage | None:
    """Return the storage if it is another installation's, None if it is this one's already.

    Raises BackendError if there is nothing to take over, or if another server works in it.
    """
    own = build_backend(installation_id())
    owner = own.marker()
    if owner is None:
        owner = _mark_as_lost(own)
    return None if owner == installation_id() else LostStorage(owner)


def _mark_as_lost(own: Backend) -> str:
    """Give a storage that lost its marker that of an installation which does not exist."""
    if own.is_empty():
        raise BackendError("The storage is empty: run `manage.py init_storage`.")
    owner = str(uuid.uuid4())
    build_backend(owner).prepare(owner)
    return owner


def _megabytes(size: int) -> int:
    return -(-size // MIB)
