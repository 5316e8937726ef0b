"""Volumes as plain directories: works everywhere and without privileges.

Sizes are enforced by project quotas where the file system and the privileges allow it.

Everything is opened by descriptor from the root, through names that are UUIDs. No link below the
root is followed. `layout` describes the directories.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Self

from config.faultpoints import faultpoint

from . import adoption, diagnosis, layout, linux, marker, marks, names, place, pool, tree
from .base import (
    Backend,
    BackendError,
    Capabilities,
    Capacity,
    DataState,
    Diagnosis,
    Leftover,
    LimitCheck,
    LimitMode,
    SnapshotFacts,
    StorageUnavailable,
    StoredItem,
    Unreadable,
)
from .fds import ANYTHING, MISSING, create_directory, directory_exists, is_same, open_directory
from .layout import DATA, SNAPSHOTS, TMP, TRASH
from .oserrors import as_unavailable, translating_errors
from .privileges import ownership_problem
from .shared import SharedDescriptor
from .size_limits import SizeLimits, set_limit
from .workshop import remove_abandoned, sweep, workpiece


class Directory(Backend):
    def __init__(
        self,
        root: str,
        installation: str,
        uid: int | None = None,
        gid: int | None = None,
        mode: int = 0o700,
        limits: str = LimitMode.AUTO,
    ) -> None:
        """`uid`, `gid` and `mode` are those of a new volume; None means the server's own.

        `limits` is a value of STORAGE_LIMITS.
        """
        self.root = os.path.abspath(root)
        self.installation = installation
        self.uid = uid
        self.gid = gid
        self.mode = mode
        self._limits = SizeLimits(LimitMode(limits))
        self._root_descriptor = SharedDescriptor(self._open_verified)

    @classmethod
    def from_settings(cls, settings: Any, installation: str) -> Self:
        return cls(
            str(settings.STORAGE_ROOT),
            installation,
            uid=settings.VOLUME_UID,
            gid=settings.VOLUME_GID,
            mode=settings.VOLUME_MODE,
            limits=settings.STORAGE_LIMITS,
        )

    @classmethod
    def settings_problem(cls, settings: Any) -> str:
        return ownership_problem(settings.VOLUME_UID, settings.VOLUME_GID)

    @classmethod
    def storage_owner(cls, root: str) -> tuple[int, int] | None:
        try:
            status = os.stat(root)
        except OSError:
            return None
        # Without its disk, the mount point belongs to root, whoever the storage belongs to.
        is_mount_point = status.st_uid == 0 and marker.is_missing(root)
        return None if is_mount_point else (status.st_uid, status.st_gid)

    # Ownership of the storage.

    def init_pool(self, file: str, size: int, *, preallocate: bool) -> str:
        return pool.provide(self.root, self.installation, file, size, preallocate=preallocate)

    def prepare(self, installation: str) -> None:
        with as_unavailable(f"prepare the storage root {self.root}"):
            if not os.path.isdir(self.root):
                os.makedirs(self.root, exist_ok=True)
                with self._root() as root:
                    os.fchmod(root, layout.PASSABLE)
            with self._root() as root:
                if marker.read(root) is None:
                    self._take(root)
                    marker.write(root, installation)
                marker.verify(marker.read(root), installation, self.root)
                for name in (TMP, TRASH):
                    create_directory(root, name, layout.PRIVATE)
                os.fsync(root)

    def _take(self, root: int) -> None:
        """Make this process's user the owner of a new root, such as a disk that root has mounted."""
        owner = os.fstat(root).st_uid
        if owner == os.geteuid():
            return
        try:
            os.fchown(root, os.geteuid(), os.getegid())
        except PermissionError as error:
            raise StorageUnavailable(
                f"The storage root {self.root} belongs to user {owner}, and has to belong to the"
                f" server's: chown {os.geteuid()} {self.root}"
            ) from error

    def marker(self) -> str | None:
        with as_unavailable(f"look at the storage root {self.root}"):
            try:
                with self._root() as root:
                    return marker.read(root)
            except FileNotFoundError:
                return None

    def is_empty(self) -> bool:
        with as_unavailable(f"look at the storage root {self.root}"):
            try:
                with self._root() as root:
                    return layout.is_empty(root)
            except FileNotFoundError:
                return True

    def take_over(self, previous: str) -> None:
        with as_unavailable(f"take over the storage root {self.root}"), self._root() as root:
            if marker.read(root) == previous:
                marker.replace(root, self.installation)
            marker.verify(marker.read(root), self.installation, self.root)

    def check(self) -> None:
        with self._storage("use the storage"):
            pass

    def diagnose(self) -> Diagnosis:
        return diagnosis.diagnose(self.root, self.installation, self._limits)

    def capabilities(self) -> Capabilities:
        with self._storage("look at what the storage can do") as root:
            problem = self._limits.problem(root)
        return Capabilities(
            enforces_sizes=not problem,
            instant_snapshots=False,
            no_enforcement_reason=problem,
            no_instant_snapshots_reason=(
                "Files are copied one by one: stop the application, or let it dump first."
            ),
        )

    def capacity(self) -> Capacity:
        with self._storage("look how much room the storage has") as root:
            status = os.fstatvfs(root)
            return Capacity(status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize)

    def _open(self) -> int:
        # Links in the path to the root are followed: the operator made them.
        return os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    @contextmanager
    def _root(self) -> Iterator[int]:
        fd = self._open()
        try:
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def _storage(self, doing: str, *identifiers: str) -> Iterator[int]:
        """Open the root after checking the identifiers and the marker. `doing` is for messages."""
        for identifier in identifiers:
            names.require_identifier(identifier)
        with translating_errors(doing, self.root), self._root_descriptor.acquire() as root:
            yield root

    def _open_verified(self) -> int:
        with as_unavailable(f"look at the storage root {self.root}"):
            return self._verified()

    def _verified(self) -> int:
        try:
            root = self._open()
        except FileNotFoundError as error:
            raise StorageUnavailable(
                f"The storage root {self.root} does not exist: mount its disk, or run"
                " `manage.py init_storage` to begin there."
            ) from error
        try:
            marker.verify(marker.read(root), self.installation, self.root)
        except BaseException:
            os.close(root)
            raise
        return root

    # Volumes.

    def create(self, handle: str, size: int) -> bool:
        with self._storage("make the volume", handle) as root:
            return self._provide(root, handle, size, self._set_owner_and_mode)

    def clone(self, handle: str, snapshot: str, target: str, size: int) -> bool:
        with self._storage("fill the volume", handle, snapshot, target) as root:
            return self._provide(root, target, size, partial(_fill, root, handle, snapshot))

    def _provide(self, root: int, handle: str, size: int, fill: Callable[[int], None]) -> bool:
        """Make the volume unless it is there. Return whether its size is enforced."""
        if layout.is_own(root, handle):
            sweep(root, handle)
            # An earlier attempt made it, perhaps with a smaller size.
            is_enforced = self._limits.raise_to(root, handle, size)
        else:
            is_enforced = self._make(root, handle, size, fill)
        os.fsync(root)
        return is_enforced

    def _make(self, root: int, handle: str, size: int, fill: Callable[[int], None]) -> bool:
        with workpiece(root, handle) as piece:
            os.fchmod(piece.fd, layout.PASSABLE)
            os.mkdir(DATA, 0o700, dir_fd=piece.fd)
            faultpoint("volume:half-made")
            with open_directory(piece.fd, DATA) as data:
                record = self._limits.begin(root, piece.fd, handle, data)
                fill(data)
                if record:
                    # Not before it is filled: with too much data it becomes full, which is no error.
                    set_limit(root, record, size)
                marks.write(piece.fd, DATA, data)
                faultpoint("volume:marked")
                os.fsync(data)
            # This puts the mark on the disk before the volume gets its name.
            os.fsync(piece.fd)
            place.put_volume(piece, root, handle)
            return record is not None

    def _set_owner_and_mode(self, data: int) -> None:
        """Set owner and mode of a new volume, independently of the umask."""
        if self.uid is not None or self.gid is not None:
            try:
                os.fchown(data, _or_unchanged(self.uid), _or_unchanged(self.gid))
            except PermissionError as error:
                raise BackendError(
                    "Could not give the volume to its user: the server may not; ask the operator.",
                    "Could not give the volume to VOLUME_UID and VOLUME_GID: the server's user"
                    f" {os.geteuid()} lacks CAP_CHOWN; give it that, or leave them unset.",
                ) from error
        os.fchmod(data, self.mode)

    def check_adoptable(self, path: str) -> int:
        with self._storage("look at the directory to adopt") as root:
            return adoption.check(root, path)

    def adopt(self, handle: str, path: str, size: int) -> bool:
        with self._storage("adopt the directory", handle) as root:
            self._limits.are_possible(root)  # before anything is moved
            adoption.adopt(root, handle, path)
            return self._limits.limit(root, handle, size)

    def grow(self, handle: str, size: int) -> bool:
        # Where sizes are advisory, the data must exist nevertheless.
        with self._storage("grow the volume", handle) as root, layout.open_data(root, handle):
            return self._limits.raise_to(root, handle, size)

    def enforce(self, handle: str, size: int) -> bool:
        with self._storage("limit the volume", handle) as root, layout.open_data(root, handle):
            return self._limits.limit(root, handle, size)

    def check_limit(self, handle: str, size: int) -> LimitCheck:
        with self._storage("look at the volume's limit", handle) as root:
            return self._limits.check(root, handle, size)

    def unowned_usage(self) -> Iterator[str]:
        with self._storage("look whose files count for which volume") as root:
            yield from self._limits.unowned_usage(root)

    def state(self, handle: str, snapshot: str | None = None) -> DataState:
        with self._storage("look for the data", *names.identifiers(handle, snapshot)) as root:
            return layout.state_at(root, handle, snapshot)

    def accept(self, handle: str, snapshot: str | None = None) -> None:
        with self._storage("accept the data", *names.identifiers(handle, snapshot)) as root:
            path = layout.relative_path(snapshot)
            with (
                open_directory(root, handle) as volume,
                open_directory(volume, *path, flags=ANYTHING | os.O_DIRECTORY) as data,
            ):
                marks.write(volume, path[-1], data)
                os.fsync(volume)
                faultpoint("accept:marked")
                marks.clear(volume, path[-1], keep=data)

    def has_content(self, handle: str) -> bool:
        with (
            self._storage("measure the volume", handle) as root,
            layout.open_data(root, handle) as data,
        ):
            return layout.has_entries(data)

    def usage(self, handle: str) -> int:
        with (
            self._storage("measure the volume", handle) as root,
            layout.open_data(root, handle) as fd,
        ):
            counted = self._limits.usage(root, handle, fd)
            return tree.measure(fd) if counted is None else counted

    def source(self, handle: str) -> str:
        return os.path.join(self.root, names.require_identifier(handle), DATA)

    def delete(self, handle: str) -> None:
        prefix = names.prefix(handle)
        with self._storage("remove the volume", handle) as root:
            layout.discard(root, root, handle, handle)
            layout.discard_leftovers(root, prefix, handle)
            # Otherwise a crash could bring the name back after the trash was emptied.
            os.fsync(root)
            layout.empty_trash(root, prefix)

    # Snapshots.

    def snapshot(self, handle: str, snapshot: str, since: float | None = None) -> float:
        since = time.time() if since is None else since
        with (
            self._storage("take the snapshot", handle, snapshot) as root,
            layout.open_data(root, handle) as data,
            open_directory(root, handle) as volume,
        ):
            create_directory(volume, SNAPSHOTS, layout.PRIVATE)
            os.fsync(volume)
            with open_directory(volume, SNAPSHOTS) as snapshots:
                if layout.is_own(root, handle, snapshot):
                    sweep(root, handle, snapshot)
                else:
                    with workpiece(root, handle, snapshot) as piece:
                        _copy(data, piece.fd)
                        place.put_snapshot(piece, volume, snapshots, snapshot, since)
                os.fsync(snapshots)
                with open_directory(snapshots, snapshot, flags=ANYTHING | os.O_DIRECTORY) as placed:
                    return marks.since(volume, snapshot, placed)

    def snapshot_facts(self, handle: str, snapshot: str) -> SnapshotFacts:
        with (
            self._storage("measure the snapshot", handle, snapshot) as root,
            layout.open_snapshot(root, handle, snapshot) as content,
            open_directory(root, handle) as volume,
        ):
            return SnapshotFacts(tree.measure(content), marks.since(volume, snapshot, content))

    def delete_snapshot(self, handle: str, snapshot: str) -> None:
        prefix = names.prefix(handle, snapshot)
        with self._storage("remove the snapshot", handle, snapshot) as root:
            if directory_exists(root, handle, SNAPSHOTS):
                with (
                    open_directory(root, handle) as volume,
                    open_directory(volume, SNAPSHOTS) as snapshots,
                ):
                    layout.discard(root, snapshots, snapshot, handle, snapshot)
                    marks.clear(volume, snapshot)
                    os.fsync(snapshots)
            layout.discard_leftovers(root, prefix, handle, snapshot)
            layout.empty_trash(root, prefix)

    # Clean-up.

    def inventory(self) -> Iterator[StoredItem | Unreadable]:
        self.check()  # now, not when the first item is requested
        return self._inventory()

    def _inventory(self) -> Iterator[StoredItem | Unreadable]:
        # The root stays open, so a disk that is unmounted meanwhile does not look half empty.
        with self._storage("list the storage") as root:
            unfinished = dict.fromkeys(
                entry.item if isinstance(entry, Leftover) else entry
                for entry in self._leftovers(root)
            )
            yield from unfinished
            for found in self._in_place(root):
                if found not in unfinished:
                    yield found

    def leftovers(self) -> Iterator[Leftover | Unreadable]:
        with self._storage("list what is left over") as root:
            return iter(list(self._leftovers(root)))

    def _in_place(self, root: int) -> Iterator[StoredItem | Unreadable]:
        """Yield the items in their final places, one by one: there may be a million."""
        # If the root cannot be listed, nothing is known about any volume.
        with as_unavailable(f"list the storage root {self.root}"), os.scandir(root) as entries:
            for handle in filter(names.is_ours, (entry.name for entry in entries)):
                try:
                    with translating_errors("list what lies there of a volume", self.root):
                        yield from _items_of_volume(root, handle)
                except BackendError as error:
                    yield Unreadable(error)

    def _leftovers(self, root: int) -> Iterator[Leftover | Unreadable]:
        for area in (TMP, TRASH):
            try:
                with translating_errors("list what is left over", self.root):
                    yield from _leftovers_in(root, area)
            except BackendError as error:
                yield Unreadable(error)

    def remove_leftovers(self, handle: str, snapshot: str | None, before: float) -> None:
        identifiers = names.identifiers(handle, snapshot)
        with self._storage("remove what is left over", *identifiers) as root:
            remove_abandoned(root, StoredItem(handle, snapshot), before)

    def last_changed(self, handle: str, snapshot: str | None = None) -> float:
        with self._storage("look at its changes", *names.identifiers(handle, snapshot)) as root:
            times = [_newest(root, *path) for path in _paths_of(root, handle, snapshot)]
            times = [time for time in times if time]
            if not times:
                raise BackendError("There is nothing of it in the storage.")
            return max(times)


def _fill(root: int, handle: str, snapshot: str, target: int) -> None:
    with layout.open_snapshot(root, handle, snapshot) as source:
        _copy(source, target)
        # A snapshot that is still in its place was not being removed while it was copied.
        with open_directory(root, handle, SNAPSHOTS) as snapshots:
            if not is_same(source, snapshots, snapshot):
                raise BackendError("The snapshot was removed while it was copied.")


def _copy(source: int, target: int) -> None:
    tree.copy(source, target)
    # The content must be on the disk before its name, or a crash leaves empty files.
    linux.syncfs(target)


def _items_of_volume(root: int, handle: str) -> Iterator[StoredItem]:
    if directory_exists(root, handle):
        yield StoredItem(handle)
        snapshots = filter(names.is_ours, layout.entries(root, handle, SNAPSHOTS))
        yield from (StoredItem(handle, snapshot) for snapshot in snapshots)


def _leftovers_in(root: int, area: str) -> Iterator[Leftover]:
    for name in layout.entries(root, area):
        if found := names.parse_leftover(name):
            # A removed entry is no leftover. mkdir and rename both set the inode's ctime.
            with suppress(FileNotFoundError), open_directory(root, area) as fd:
                yield Leftover(found, os.stat(name, dir_fd=fd, follow_symlinks=False).st_ctime)


def _paths_of(root: int, handle: str, snapshot: str | None) -> Iterator[tuple[str, ...]]:
    yield (handle,) if snapshot is None else (handle, SNAPSHOTS, snapshot)
    prefix = names.prefix(handle, snapshot)
    for area in (TMP, TRASH):
        for name in layout.entries(root, area):
            if name.startswith(prefix):
                yield area, name


def _newest(root: int, *path: str) -> float:
    """Return the latest change of the tree in seconds since the epoch, 0 if it does not exist."""
    try:
        with open_directory(root, *path) as fd:
            return tree.newest(fd)
    except OSError as error:
        if error.errno not in MISSING:
            raise
        return 0


def _or_unchanged(identity: int | None) -> int:
    return -1 if identity is None else identity
