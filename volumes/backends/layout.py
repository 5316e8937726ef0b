"""The directories below the storage root, and moves between them.

- `ROOT/.holdfast`: the marker
- `ROOT/<volume>/data`: what applications mount
- `ROOT/<volume>/.data.mark.<identity>`: the mark of that directory
- `ROOT/<volume>/snapshots/<snapshot>/`: the content of a snapshot
- `ROOT/<volume>/.<snapshot>.mark.<identity>`: the mark of the snapshot
- `ROOT/.tmp/<volume>[.<snapshot>].<random>`: under construction
- `ROOT/.aside.<volume>.<random>`: another user's empty directory that was in a volume's place
- `ROOT/.trash/<volume>[.<snapshot>].<random>`: under removal
- `ROOT/.projects/…`: see `projects`
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

from config.faultpoints import faultpoint

from . import marker, marks, names, projects, tree
from .base import BackendError, DataState
from .failures import collecting_failures
from .fds import ANYTHING, DIRECTORY, MISSING, created_directory, locate, open_directory, path_of
from .linux import rename_new

DATA = "data"
SNAPSHOTS = "snapshots"
TMP = ".tmp"
TRASH = ".trash"

# Everyone may traverse but not list: only the mode of `data` decides who gets in.
PASSABLE = 0o711
PRIVATE = 0o700

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


_INSIDE = re.compile(
    r"(?:{uuid}|\.(?:tmp|trash)/{uuid}\.[^./]+)(?:/data|/snapshots/{uuid})/(?P<path>.+)"
    r"|\.(?:tmp|trash)/{uuid}\.{uuid}\.[^./]+/(?P<copy>.+)".replace("{uuid}", names.UUID),
    re.DOTALL,
)


def path_in_volume(path: str) -> str:
    """Return the part of a path below the root that is inside a volume's data or a snapshot.

    Returns "" for any other path.
    """
    match = _INSIDE.fullmatch(path)
    return (match["path"] or match["copy"]) if match else ""


def working_directory(root: int, name: str) -> AbstractContextManager[int]:
    """Open the working directory `name`; create it if missing."""
    return created_directory(root, name, PRIVATE)


@contextmanager
def open_data(root: int, handle: str) -> Iterator[int]:
    """Open the volume's data. Raises BackendError if it is missing, or unmarked and empty."""
    with _open_own("The volume's data is missing", root, handle, DATA) as fd:
        yield fd


@contextmanager
def open_snapshot(root: int, handle: str, snapshot: str) -> Iterator[int]:
    """Open the content of a snapshot. Raises BackendError like `open_data`."""
    with _open_own("The snapshot's data is missing", root, handle, SNAPSHOTS, snapshot) as fd:
        yield fd


@contextmanager
def _open_own(sentence: str, root: int, handle: str, *path: str) -> Iterator[int]:
    with ExitStack() as stack:
        try:
            volume = stack.enter_context(open_directory(root, handle))
            fd = stack.enter_context(open_directory(volume, *path))
        except OSError as error:
            if error.errno not in MISSING:
                raise
            raise BackendError(
                f"{sentence} from the storage; put it back, or delete what needs it."
            ) from error
        if state_of(volume, path[-1], fd) is DataState.EMPTY:
            raise BackendError(
                f"{sentence} from the storage: a directory is there, but it is empty and not the"
                " one that was made; put the data back, or delete what needs it."
            )
        yield fd


def state_at(root: int, handle: str, snapshot: str | None = None) -> DataState:
    """Return what is in the place of a volume's data or of a snapshot.

    Holdfast creates the volume's directory, so one that cannot be listed is an error.
    """
    with _open_item(root, handle, snapshot, DIRECTORY) as item:
        return DataState.MISSING if item is None else state_of(*item)


def is_own(root: int, handle: str, snapshot: str | None = None) -> bool:
    """Return whether the marked directory is in its place. Needs no permission to list it."""
    with _open_item(root, handle, snapshot, ANYTHING | os.O_DIRECTORY) as item:
        return item is not None and marks.is_marked(*item)


@contextmanager
def _open_item(
    root: int, handle: str, snapshot: str | None, flags: int
) -> Iterator[tuple[int, str, int] | None]:
    """Open the volume's directory with these flags, and its data or snapshot.

    Yields (volume, name, item), or None if either directory is missing.
    """
    try:
        volume = os.open(handle, flags, dir_fd=root)
    except OSError as error:
        if error.errno not in MISSING:
            locate(error, root, handle)
            raise
        yield None  # every new volume takes this path, so it skips the full path of the error
        return
    path = relative_path(snapshot)
    with ExitStack() as stack:
        stack.callback(os.close, volume)
        try:
            # Without O_PATH, a directory that only its application may read would be an error.
            fd = stack.enter_context(open_directory(volume, *path, flags=ANYTHING | os.O_DIRECTORY))
        except OSError as error:
            if error.errno not in MISSING:
                raise
            yield None
        else:
            yield volume, path[-1], fd


def state_of(volume: int, name: str, fd: int) -> DataState:
    """Return the state of the open directory `fd`, whose mark is in the directory `volume`."""
    if marks.is_marked(volume, name, fd):
        return DataState.OWN
    return DataState.UNMARKED if has_entries(fd) else DataState.EMPTY


def relative_path(snapshot: str | None = None) -> tuple[str, ...]:
    """Return the path of the data or of a snapshot inside the volume's directory."""
    return (DATA,) if snapshot is None else (SNAPSHOTS, snapshot)


def has_entries(fd: int) -> bool:
    """Return whether the directory has entries. A descriptor of O_PATH is enough."""
    with open_directory(fd, ".") as readable, os.scandir(readable) as iterator:
        return next(iterator, None) is not None


def entries(root: int, *path: str) -> list[str]:
    """Return the names in a directory below the root; none if it does not exist."""
    try:
        with open_directory(root, *path) as fd:
            return os.listdir(fd)
    except OSError as error:
        if error.errno not in MISSING:
            raise
        return []


def is_empty(root: int) -> bool:
    """Return whether the root has nothing but the marker and empty working directories."""
    # A new file system has its own lost+found; a killed prepare() leaves a temporary marker.
    rest = {name for name in os.listdir(root) if not name.startswith(marker.NAME)}
    rest -= {"lost+found"}
    return rest <= {TMP, TRASH, projects.DIRECTORY} and not any(
        entries(root, name) for name in rest
    )


def move(name: str, source: int, new_name: str, target: int) -> None:
    """Move a directory into another one. Raises FileExistsError if the new name is taken."""
    try:
        rename_new(name, source, new_name, target)
    except PermissionError:
        # A move rewrites the directory's "..", so its owner needs write permission in it.
        with _writable(name, source):
            rename_new(name, source, new_name, target)


@contextmanager
def _writable(name: str, directory: int) -> Iterator[None]:
    with open_directory(directory, name, flags=ANYTHING | os.O_DIRECTORY) as fd:
        mode = stat.S_IMODE(os.fstat(fd).st_mode)
        os.chmod(path_of(fd), mode | stat.S_IRWXU)
        try:
            yield
        finally:
            os.chmod(path_of(fd), mode)


def discard(root: int, directory: int, name: str, handle: str, snapshot: str | None = None) -> None:
    """Move an item to the trash. Already gone is success. On a full disk, remove it in place."""
    try:
        with working_directory(root, TRASH) as trash:
            faultpoint("trash:before")
            move(name, directory, names.random_name(handle, snapshot), trash)
            faultpoint("trash:moved")
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in _FULL:
            raise
        # The disk has no space even for a name in the trash. Removal in place frees space.
        _remove_from(root, directory, name, handle, snapshot)


def remove_leftover(root: int, directory: int, name: str) -> None:
    """Remove an entry of a working directory for good."""
    item = names.parse_leftover(name)
    if item is None:
        tree.remove(directory, name)
    else:
        _remove_from(root, directory, name, item.handle, item.snapshot)


def _remove_from(root: int, directory: int, name: str, handle: str, snapshot: str | None) -> None:
    """Remove a volume or snapshot. A volume's project is free as soon as no file has it."""
    # The files of a snapshot are an application's: nothing in them is a record.
    if snapshot is None and projects.is_used(root):
        with suppress(FileNotFoundError), open_directory(directory, name) as volume:
            tree.remove(volume, DATA)
            projects.release(root, volume, handle)
    tree.remove(directory, name)


def discard_leftovers(root: int, prefix: str, handle: str, snapshot: str | None = None) -> None:
    """Move all attempts to create the item to the trash; one still running will fail."""
    with collecting_failures() as failures:
        for name in entries(root, TMP):
            if name.startswith(prefix):
                with failures.collect(), open_directory(root, TMP) as tmp:
                    discard(root, tmp, name, handle, snapshot)


def empty_trash(root: int, prefix: str) -> None:
    """Remove everything with this prefix from the trash, and make the removal durable."""
    with collecting_failures() as failures:
        for name in entries(root, TRASH):
            if name.startswith(prefix):
                with failures.collect(), open_directory(root, TRASH) as trash:
                    remove_leftover(root, trash, name)
    faultpoint("trash:removed")
    for name in (TMP, TRASH):
        with suppress(FileNotFoundError), open_directory(root, name) as fd:
            os.fsync(fd)
    faultpoint("trash:synced")
