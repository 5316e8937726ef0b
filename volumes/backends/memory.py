"""A storage in memory, for tests and trials. It ends with its process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from . import names
from .base import (
    Backend,
    BackendError,
    Capabilities,
    Capacity,
    DataState,
    Leftover,
    LimitCheck,
    StorageUnavailable,
    StoredItem,
    Unreadable,
)


class Memory(Backend):
    consistency = "instant"
    shared = False

    def __init__(self, installation: str) -> None:
        self.installation = installation
        # Every process starts with a new storage, so this installation owns it from the start.
        self.owner: str | None = installation

        # The time of the last change of each volume and snapshot; sizes in MB by handle.
        self.volumes: dict[str, float] = {}
        self.snapshots: dict[tuple[str, str], float] = {}
        self.sizes: dict[str, int] = {}
        # Volumes that were created while it enforced sizes, or limited later.
        self.limited: set[str] = set()
        # When the copy of each snapshot began.
        self.began: dict[tuple[str, str], float] = {}

        # Tests set these: directories of other programs in the place of data or a snapshot, and
        # whether they have content; bytes used by handle; bytes used by path of a directory to adopt.
        self.foreign: dict[tuple[str, str | None], bool] = {}
        self.used: dict[str, int] = {}
        self.adoptable: dict[str, int] = {}
        # Bytes; and whether it says that it enforces sizes.
        self.total = 2**50
        self.enforces_sizes = False

        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: Any, installation: str) -> Self:
        return cls(installation)

    def prepare(self, installation: str) -> None:
        with self._lock:
            if self.owner not in (None, installation):
                raise StorageUnavailable(
                    "The storage belongs to another installation: use another one."
                )
            self.owner = installation

    def marker(self) -> str | None:
        return self.owner

    def is_empty(self) -> bool:
        return not (self.volumes or self.foreign)

    def take_over(self, previous: str) -> None:
        with self._lock:
            if self.owner not in (previous, self.installation):
                raise StorageUnavailable("The storage belongs to another installation.")
            self.owner = self.installation

    def check(self) -> None:
        with self._storage():
            pass

    def capabilities(self) -> Capabilities:
        with self._storage():
            return Capabilities(
                enforces_sizes=self.enforces_sizes,
                instant_snapshots=self.consistency == "instant",
                no_enforcement_reason=""
                if self.enforces_sizes
                else "The storage in memory holds no files: use STORAGE_BACKEND=directory.",
            )

    def capacity(self) -> Capacity:
        with self._storage():
            return Capacity(self.total, max(0, self.total - sum(self.used.values())))

    @contextmanager
    def _storage(self, *identifiers: str) -> Iterator[None]:
        for identifier in identifiers:
            names.require_identifier(identifier)
        with self._lock:
            if self.owner != self.installation:
                raise StorageUnavailable(
                    "The storage is not this installation's: run `manage.py init_storage`."
                )
            yield

    def create(self, handle: str, size: int) -> bool:
        with self._storage(handle):
            self._make(handle, size)
            return self._is_limited(handle)

    def clone(self, handle: str, snapshot: str, target: str, size: int) -> bool:
        with self._storage(handle, snapshot, target):
            if target not in self.volumes and not self._has_data(handle, snapshot):
                raise BackendError("The snapshot's data is missing from the storage.")
            self._make(target, size)
            return self._is_limited(target)

    def _make(self, handle: str, size: int) -> None:
        if handle not in self.volumes:
            self._clear_place(handle, None)
            self.volumes[handle] = time.time()
            self.sizes[handle] = size
            if self.enforces_sizes:
                self.limited.add(handle)

    def _clear_place(self, handle: str, snapshot: str | None) -> None:
        if self.foreign.get((handle, snapshot)):
            raise BackendError(
                "Something else lies where its data belongs; an operator has to look at it."
            )
        self.foreign.pop((handle, snapshot), None)

    def check_adoptable(self, path: str) -> int:
        with self._storage():
            return self._adoptable(path)

    def adopt(self, handle: str, path: str, size: int) -> bool:
        with self._storage(handle):
            if handle in self.volumes and path not in self.adoptable:
                return self._is_limited(handle)
            used = self._adoptable(path)
            if handle in self.volumes:
                raise _not_adoptable(path, "data is there")
            self._make(handle, size)
            self.used[handle] = used
            del self.adoptable[path]
            return self._is_limited(handle)

    def _adoptable(self, path: str) -> int:
        if path not in self.adoptable:
            raise _not_adoptable(path, "it does not exist")
        return self.adoptable[path]

    def grow(self, handle: str, size: int) -> bool:
        with self._storage(handle):
            self._require_data(handle)
            self.sizes[handle] = max(size, self.sizes.get(handle, 0))
            return self._is_limited(handle)

    def enforce(self, handle: str, size: int) -> bool:
        with self._storage(handle):
            self._require_data(handle)
            if self.enforces_sizes:
                self.limited.add(handle)
            return self._is_limited(handle)

    def check_limit(self, handle: str, size: int) -> LimitCheck:
        with self._storage(handle):
            return LimitCheck(self._is_limited(handle))

    def _is_limited(self, handle: str) -> bool:
        return self.enforces_sizes and handle in self.limited

    def state(self, handle: str, snapshot: str | None = None) -> DataState:
        with self._storage(*names.identifiers(handle, snapshot)):
            return self._state(handle, snapshot)

    def _state(self, handle: str, snapshot: str | None) -> DataState:
        if handle in self.volumes if snapshot is None else (handle, snapshot) in self.snapshots:
            return DataState.OWN
        has_content = self.foreign.get((handle, snapshot))
        if has_content is None:
            return DataState.MISSING
        return DataState.UNMARKED if has_content else DataState.EMPTY

    def _has_data(self, handle: str, snapshot: str | None = None) -> bool:
        return self._state(handle, snapshot) in (DataState.OWN, DataState.UNMARKED)

    def accept(self, handle: str, snapshot: str | None = None) -> None:
        with self._storage(*names.identifiers(handle, snapshot)):
            if self._state(handle, snapshot) is DataState.MISSING:
                raise BackendError("There is no directory to accept.")
            self.foreign.pop((handle, snapshot), None)
            if snapshot is None:
                self.volumes.setdefault(handle, time.time())
                self.sizes.setdefault(handle, 0)
            else:
                self.snapshots.setdefault((handle, snapshot), time.time())

    def has_content(self, handle: str) -> bool:
        with self._storage(handle):
            self._require_data(handle)
            return handle not in self.volumes or self.used.get(handle, 0) > 0

    def usage(self, handle: str) -> int:
        with self._storage(handle):
            self._require_data(handle)
            return self.used.get(handle, 0)

    def source(self, handle: str) -> str:
        return f"memory:{names.require_identifier(handle)}"

    def delete(self, handle: str) -> None:
        with self._storage(handle):
            for key in [key for key in self.snapshots if key[0] == handle]:
                del self.snapshots[key]
            for item in [item for item in self.foreign if item[0] == handle]:
                del self.foreign[item]
            self.limited.discard(handle)
            for mapping in (self.volumes, self.sizes, self.used):
                mapping.pop(handle, None)

    def snapshot(self, handle: str, snapshot: str, since: float | None = None) -> float:
        with self._storage(handle, snapshot):
            self._require_data(handle)
            if (handle, snapshot) not in self.snapshots:
                self._clear_place(handle, snapshot)
                self.snapshots[handle, snapshot] = time.time()
                self.began[handle, snapshot] = time.time() if since is None else since
            return self.began.get((handle, snapshot), self.snapshots[handle, snapshot])

    def delete_snapshot(self, handle: str, snapshot: str) -> None:
        with self._storage(handle, snapshot):
            self.snapshots.pop((handle, snapshot), None)
            self.foreign.pop((handle, snapshot), None)

    def inventory(self) -> Iterator[StoredItem | Unreadable]:
        with self._storage():
            found = dict.fromkeys(StoredItem(handle) for handle in self.volumes)
            found |= dict.fromkeys(StoredItem(*key) for key in [*self.snapshots, *self.foreign])
            return iter(found)

    def leftovers(self) -> Iterator[Leftover | Unreadable]:
        # Memory creates and removes everything in one step.
        with self._storage():
            return iter(())

    def remove_leftovers(self, handle: str, snapshot: str | None, before: float) -> None:
        with self._storage(*names.identifiers(handle, snapshot)):
            pass

    def last_changed(self, handle: str, snapshot: str | None = None) -> float:
        with self._storage(*names.identifiers(handle, snapshot)):
            if snapshot is None:
                changed = self.volumes.get(handle)
            else:
                changed = self.snapshots.get((handle, snapshot))
            if changed is None:
                raise BackendError("There is nothing of it in the storage.")
            return changed

    def _require_data(self, handle: str) -> None:
        if not self._has_data(handle):
            raise BackendError("The volume's data is missing from the storage.")


def _not_adoptable(path: str, reason: str) -> BackendError:
    return BackendError(
        "The directory that was to become this volume cannot be adopted; ask the operator.",
        f"{path!r} cannot be adopted: {reason}.",
        permanent=True,
    )
