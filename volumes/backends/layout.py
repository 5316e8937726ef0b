"""What lies where below the root, and moving things between those places.

- `ROOT/.holdfast`: the marker
- `ROOT/<volume>/data`: what applications mount
- `ROOT/<volume>/.data.mark.<identity>`: the mark of that very directory
- `ROOT/<volume>/snapshots/<snapshot>/`: the content of a snapshot
- `ROOT/<volume>/.<snapshot>.mark.<identity>`: its mark
- `ROOT/.tmp/<volume>[.<snapshot>].<random>`: being made
- `ROOT/.aside.<volume>.<random>`: another user's empty directory that was in a volume's place
- `ROOT/.trash/<volume>[.<snapshot>].<random>`: being removed
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

from config.faultpoints import faultpoint

from . import marker, marks, names, tree
from .base import BackendError, DataState
from .failures import all_of_them
from .fds import ANYTHING, DIRECTORY, MISSING, located, made, opened, path_of
from .linux import rename_new

DATA = "data"
SNAPSHOTS = "snapshots"
TMP = ".tmp"
TRASH = ".trash"

# Passable, so that only the mode of `data` decides who gets in; not for listing.
PASSABLE = 0o711
PRIVATE = 0o700

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


_INSIDE = re.compile(
    r"(?:{uuid}|\.(?:tmp|trash)/{uuid}\.[^./]+)(?:/data|/snapshots/{uuid})/(?P<path>.+)"
    r"|\.(?:tmp|trash)/{uuid}\.{uuid}\.[^./]+/(?P<copy>.+)".replace("{uuid}", names.UUID),
    re.DOTALL,
)


def inside(path: str) -> str:
    """Where in a volume's data, or in a snapshot, a path below the root is; empty for any other."""
    match = _INSIDE.fullmatch(path)
    return (match["path"] or match["copy"]) if match else ""


def area(root: int, name: str) -> AbstractContextManager[int]:
    """A working directory, made if need be."""
    return made(root, name, PRIVATE)


@contextmanager
def data_of(root: int, handle: str) -> Iterator[int]:
    """The volume's data. Raises BackendError if it is missing, or only a directory of its name."""
    with _own("The volume's data is missing", root, handle, DATA) as fd:
        yield fd


@contextmanager
def snapshot_of(root: int, handle: str, snapshot: str) -> Iterator[int]:
    """The content of a snapshot. Raises BackendError like `data_of`."""
    with _own("The snapshot's data is missing", root, handle, SNAPSHOTS, snapshot) as fd:
        yield fd


@contextmanager
def _own(sentence: str, root: int, handle: str, *path: str) -> Iterator[int]:
    with ExitStack() as stack:
        try:
            volume = stack.enter_context(opened(root, handle))
            fd = stack.enter_context(opened(volume, *path))
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
    """What lies where the data of a volume, or a snapshot, belongs.

    The volume's directory is ours: one that cannot be listed is an error.
    """
    with _found(root, handle, snapshot, DIRECTORY) as found:
        return DataState.MISSING if found is None else state_of(*found)


def is_own(root: int, handle: str, snapshot: str | None = None) -> bool:
    """Is that the marked directory? Needs no right to look into it."""
    with _found(root, handle, snapshot, ANYTHING | os.O_DIRECTORY) as found:
        return found is not None and marks.is_marked(*found)


@contextmanager
def _found(
    root: int, handle: str, snapshot: str | None, flags: int
) -> Iterator[tuple[int, str, int] | None]:
    """The volume's directory, opened with these flags, and the name and directory that belong to it;
    None without either."""
    try:
        volume = os.open(handle, flags, dir_fd=root)
    except OSError as error:
        if error.errno not in MISSING:
            located(error, root, handle)
            raise
        yield None  # as of every new volume: nobody needs its whole path
        return
    path = path_below(snapshot)
    with ExitStack() as stack:
        stack.callback(os.close, volume)
        try:
            # Without O_PATH a directory that only its application may read would be an error.
            fd = stack.enter_context(opened(volume, *path, flags=ANYTHING | os.O_DIRECTORY))
        except OSError as error:
            if error.errno not in MISSING:
                raise
            yield None
        else:
            yield volume, path[-1], fd


def state_of(volume: int, name: str, fd: int) -> DataState:
    """The same of a directory that was opened; its mark lies in the volume's directory."""
    if marks.is_marked(volume, name, fd):
        return DataState.OWN
    return DataState.UNMARKED if has_entries(fd) else DataState.EMPTY


def path_below(snapshot: str | None = None) -> tuple[str, ...]:
    """Where a volume's directory has its data, or a snapshot."""
    return (DATA,) if snapshot is None else (SNAPSHOTS, snapshot)


def has_entries(fd: int) -> bool:
    """Is there anything in the directory? A descriptor of O_PATH is enough."""
    with opened(fd, ".") as readable, os.scandir(readable) as found:
        return next(found, None) is not None


def entries(root: int, *path: str) -> list[str]:
    """The names in a directory of ours; none if it is not there."""
    try:
        with opened(root, *path) as fd:
            return os.listdir(fd)
    except OSError as error:
        if error.errno not in MISSING:
            raise
        return []


def is_empty(root: int) -> bool:
    """Nothing but the marker, and working directories with nothing in them."""
    # A freshly made disk has its own lost+found; a killed prepare() leaves half a marker.
    rest = {name for name in os.listdir(root) if not name.startswith(marker.NAME)}
    rest -= {"lost+found"}
    return rest <= {TMP, TRASH} and not any(entries(root, name) for name in rest)


def move(name: str, source: int, new_name: str, target: int) -> None:
    """Move a directory to another one; FileExistsError if something has that name already."""
    try:
        rename_new(name, source, new_name, target)
    except PermissionError:
        # Moving a directory rewrites its "..", so its owner needs leave to write in it.
        with _writable(name, source):
            rename_new(name, source, new_name, target)


@contextmanager
def _writable(name: str, directory: int) -> Iterator[None]:
    with opened(directory, name, flags=ANYTHING | os.O_DIRECTORY) as fd:
        mode = stat.S_IMODE(os.fstat(fd).st_mode)
        os.chmod(path_of(fd), mode | stat.S_IRWXU)
        try:
            yield
        finally:
            os.chmod(path_of(fd), mode)


def discard(root: int, directory: int, name: str, handle: str, snapshot: str | None = None) -> None:
    """Take something out of sight at once, to be removed from the trash. Gone is success."""
    try:
        with area(root, TRASH) as trash:
            faultpoint("trash:before")
            move(name, directory, names.fresh(handle, snapshot), trash)
            faultpoint("trash:moved")
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in _FULL:
            raise
        # Not even room for a name: removing it where it is makes some.
        tree.remove(directory, name)


def discard_leftovers(root: int, prefix: str, handle: str, snapshot: str | None = None) -> None:
    """The same for attempts to make it, dead or alive: one that lives finds its work gone."""
    with all_of_them() as failures:
        for name in entries(root, TMP):
            if name.startswith(prefix):
                with failures.noted(), opened(root, TMP) as tmp:
                    discard(root, tmp, name, handle, snapshot)


def empty_trash(root: int, prefix: str) -> None:
    """Remove what lies in the trash under that prefix, whoever put it there, for good."""
    with all_of_them() as failures:
        for name in entries(root, TRASH):
            if name.startswith(prefix):
                with failures.noted(), opened(root, TRASH) as trash:
                    tree.remove(trash, name)
    faultpoint("trash:removed")
    for name in (TMP, TRASH):
        with suppress(FileNotFoundError), opened(root, name) as fd:
            os.fsync(fd)
    faultpoint("trash:synced")
