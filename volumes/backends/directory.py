"""Volumes as plain directories: works everywhere and without privileges, enforces no sizes.

Everything is reached by descriptor from the root, through names that are UUIDs; no link at or
below the root is followed, whoever put it there. `layout` says what lies where.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Self

from config.faultpoints import faultpoint

from . import adoption, layout, linux, marker, marks, names, place, tree
from .base import Backend, BackendError, DataState, Found, Leftover, StorageUnavailable, Unreadable
from .fds import ANYTHING, MISSING, is_same, is_there, make, opened
from .layout import DATA, SNAPSHOTS, TMP, TRASH
from .oserrors import told, unavailable
from .privileges import why_not_given
from .shared import Shared
from .workshop import sweep, workpiece


class Directory(Backend):
    def __init__(
        self,
        root: str,
        installation: str,
        uid: int | None = None,
        gid: int | None = None,
        mode: int = 0o700,
    ) -> None:
        """`uid`, `gid` and `mode` are those of a fresh volume; None leaves the server's own."""
        self.root = os.path.abspath(root)
        self.installation = installation
        self.uid = uid
        self.gid = gid
        self.mode = mode
        self._ours = Shared(self._open_verified)

    @classmethod
    def from_settings(cls, settings: Any, installation: str) -> Self:
        return cls(
            str(settings.STORAGE_ROOT),
            installation,
            uid=settings.VOLUME_UID,
            gid=settings.VOLUME_GID,
            mode=settings.VOLUME_MODE,
        )

    @classmethod
    def settings_problem(cls, settings: Any) -> str:
        return why_not_given(settings.VOLUME_UID, settings.VOLUME_GID)

    # Whose storage this is.

    def prepare(self, installation: str) -> None:
        with unavailable(f"prepare the storage root {self.root}"):
            if not os.path.isdir(self.root):
                os.makedirs(self.root, exist_ok=True)
                with self._root() as root:
                    os.fchmod(root, layout.PASSABLE)
            with self._root() as root:
                if marker.read(root) is None:
                    marker.write(root, installation)
                marker.verify(marker.read(root), installation, self.root)
                for name in (TMP, TRASH):
                    make(root, name, layout.PRIVATE)
                os.fsync(root)

    def marker(self) -> str | None:
        with unavailable(f"look at the storage root {self.root}"):
            try:
                with self._root() as root:
                    return marker.read(root)
            except FileNotFoundError:
                return None

    def is_empty(self) -> bool:
        with unavailable(f"look at the storage root {self.root}"):
            try:
                with self._root() as root:
                    return layout.is_empty(root)
            except FileNotFoundError:
                return True

    def check(self) -> None:
        with self._storage("use the storage"):
            pass

    def _open(self) -> int:
        # The root itself may be reached by links: they are the operator's.
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
        """The root, once the identifiers are sound and it has shown that it is ours."""
        for identifier in identifiers:
            names.checked(identifier)
        with told(doing, self.root), self._ours.held() as root:
            yield root

    def _open_verified(self) -> int:
        with unavailable(f"look at the storage root {self.root}"):
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

    def create(self, handle: str, size: int) -> None:
        with self._storage("make the volume", handle) as root:
            if layout.is_own(root, handle):
                sweep(root, handle)
            else:
                self._make(root, handle, self._give)
            os.fsync(root)

    def clone(self, handle: str, snapshot: str, target: str, size: int) -> None:
        with self._storage("fill the volume", handle, snapshot, target) as root:
            if layout.is_own(root, target):
                sweep(root, target)
            else:
                self._make(root, target, partial(_fill, root, handle, snapshot))
            os.fsync(root)

    def _make(self, root: int, handle: str, fill: Callable[[int], None]) -> None:
        with workpiece(root, handle) as made:
            os.fchmod(made.fd, layout.PASSABLE)
            os.mkdir(DATA, 0o700, dir_fd=made.fd)
            faultpoint("volume:half-made")
            with opened(made.fd, DATA) as data:
                fill(data)
                marks.write(made.fd, DATA, data)
                faultpoint("volume:marked")
                os.fsync(data)
            # With it the mark is on the disk, before the volume gets its name.
            os.fsync(made.fd)
            place.put_volume(made, root, handle)

    def _give(self, data: int) -> None:
        """Owner and mode of a fresh volume, whatever the umask."""
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

    def adopt(self, handle: str, path: str, size: int) -> None:
        with self._storage("adopt the directory", handle) as root:
            adoption.adopt(root, handle, path)

    def grow(self, handle: str, size: int) -> None:
        # Sizes are advisory here; that there is something to grow is not.
        with self._storage("grow the volume", handle) as root, layout.data_of(root, handle):
            pass

    def state(self, handle: str, snapshot: str | None = None) -> DataState:
        with self._storage("look for the data", *names.of(handle, snapshot)) as root:
            return layout.state_at(root, handle, snapshot)

    def accept(self, handle: str, snapshot: str | None = None) -> None:
        with self._storage("accept the data", *names.of(handle, snapshot)) as root:
            path = layout.path_below(snapshot)
            with (
                opened(root, handle) as volume,
                opened(volume, *path, flags=ANYTHING | os.O_DIRECTORY) as data,
            ):
                marks.write(volume, path[-1], data)
                os.fsync(volume)
                faultpoint("accept:marked")
                marks.clear(volume, path[-1], keep=data)

    def has_content(self, handle: str) -> bool:
        with (
            self._storage("measure the volume", handle) as root,
            layout.data_of(root, handle) as data,
        ):
            return layout.has_entries(data)

    def usage(self, handle: str) -> int:
        with (
            self._storage("measure the volume", handle) as root,
            layout.data_of(root, handle) as fd,
        ):
            return tree.measure(fd)

    def source(self, handle: str) -> str:
        return os.path.join(self.root, names.checked(handle), DATA)

    def delete(self, handle: str) -> None:
        prefix = names.prefix(handle)
        with self._storage("remove the volume", handle) as root:
            layout.discard(root, root, handle, handle)
            layout.discard_leftovers(root, prefix, handle)
            # The name must not come back after the trash is gone.
            os.fsync(root)
            layout.empty_trash(root, prefix)

    # Snapshots.

    def snapshot(self, handle: str, snapshot: str, since: float | None = None) -> float:
        since = time.time() if since is None else since
        with (
            self._storage("take the snapshot", handle, snapshot) as root,
            layout.data_of(root, handle) as data,
            opened(root, handle) as volume,
        ):
            make(volume, SNAPSHOTS, layout.PRIVATE)
            os.fsync(volume)
            with opened(volume, SNAPSHOTS) as snapshots:
                if layout.is_own(root, handle, snapshot):
                    sweep(root, handle, snapshot)
                else:
                    with workpiece(root, handle, snapshot) as made:
                        _copy(data, made.fd)
                        place.put_snapshot(made, volume, snapshots, snapshot, since)
                os.fsync(snapshots)
                with opened(snapshots, snapshot, flags=ANYTHING | os.O_DIRECTORY) as placed:
                    return marks.since(volume, snapshot, placed)

    def delete_snapshot(self, handle: str, snapshot: str) -> None:
        prefix = names.prefix(handle, snapshot)
        with self._storage("remove the snapshot", handle, snapshot) as root:
            if is_there(root, handle, SNAPSHOTS):
                with (
                    opened(root, handle) as volume,
                    opened(volume, SNAPSHOTS) as snapshots,
                ):
                    layout.discard(root, snapshots, snapshot, handle, snapshot)
                    marks.clear(volume, snapshot)
                    os.fsync(snapshots)
            layout.discard_leftovers(root, prefix, handle, snapshot)
            layout.empty_trash(root, prefix)

    # For clean-up.

    def inventory(self) -> Iterator[Found | Unreadable]:
        self.check()  # now, and not only when the first is asked for
        return self._inventory()

    def _inventory(self) -> Iterator[Found | Unreadable]:
        # The root stays open: what is unmounted in between does not look half empty.
        with self._storage("list the storage") as root:
            left_over = dict.fromkeys(
                one.of if isinstance(one, Leftover) else one for one in self._leftovers(root)
            )
            yield from left_over
            for found in self._in_place(root):
                if found not in left_over:
                    yield found

    def leftovers(self) -> Iterator[Leftover | Unreadable]:
        with self._storage("list what is left over") as root:
            return iter(list(self._leftovers(root)))

    def _in_place(self, root: int) -> Iterator[Found | Unreadable]:
        """Entry by entry: there may be a million."""
        # A root that cannot be listed says nothing about any volume.
        with unavailable(f"list the storage root {self.root}"), os.scandir(root) as entries:
            for handle in filter(names.is_ours, (entry.name for entry in entries)):
                try:
                    with told("list what lies there of a volume", self.root):
                        yield from _of_volume(root, handle)
                except BackendError as error:
                    yield Unreadable(error)

    def _leftovers(self, root: int) -> Iterator[Leftover | Unreadable]:
        for area in (TMP, TRASH):
            try:
                with told("list what is left over", self.root):
                    yield from _left_in(root, area)
            except BackendError as error:
                yield Unreadable(error)

    def last_changed(self, handle: str, snapshot: str | None = None) -> float:
        with self._storage("look at its changes", *names.of(handle, snapshot)) as root:
            times = [_newest(root, *path) for path in _places(root, handle, snapshot)]
            times = [time for time in times if time]
            if not times:
                raise BackendError("There is nothing of it in the storage.")
            return max(times)


def _fill(root: int, handle: str, snapshot: str, target: int) -> None:
    with layout.snapshot_of(root, handle, snapshot) as source:
        _copy(source, target)
        # Still in its place, so nothing of it was being removed while it was copied.
        with opened(root, handle, SNAPSHOTS) as snapshots:
            if not is_same(source, snapshots, snapshot):
                raise BackendError("The snapshot was removed while it was copied.")


def _copy(source: int, target: int) -> None:
    tree.copy(source, target)
    # Its content must be on the disk before its name is: a crash may not leave empty files.
    linux.syncfs(target)


def _of_volume(root: int, handle: str) -> Iterator[Found]:
    if is_there(root, handle):
        yield Found(handle)
        snapshots = filter(names.is_ours, layout.entries(root, handle, SNAPSHOTS))
        yield from (Found(handle, snapshot) for snapshot in snapshots)


def _left_in(root: int, area: str) -> Iterator[Leftover]:
    for name in layout.entries(root, area):
        if found := names.leftover(name):
            # Gone by now is none; making and moving a directory both date its inode.
            with suppress(FileNotFoundError), opened(root, area) as fd:
                yield Leftover(found, os.stat(name, dir_fd=fd, follow_symlinks=False).st_ctime)


def _places(root: int, handle: str, snapshot: str | None) -> Iterator[tuple[str, ...]]:
    yield (handle,) if snapshot is None else (handle, SNAPSHOTS, snapshot)
    prefix = names.prefix(handle, snapshot)
    for area in (TMP, TRASH):
        for name in layout.entries(root, area):
            if name.startswith(prefix):
                yield area, name


def _newest(root: int, *path: str) -> float:
    """0 for what is not, or no longer, there."""
    try:
        with opened(root, *path) as fd:
            return tree.newest(fd)
    except OSError as error:
        if error.errno not in MISSING:
            raise
        return 0


def _or_unchanged(identity: int | None) -> int:
    return -1 if identity is None else identity
