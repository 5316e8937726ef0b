"""What lies where below the root, and moving things between those places.

- `ROOT/.holdfast`: the marker
- `ROOT/<volume>/data`: what applications mount
- `ROOT/<volume>/snapshots/<snapshot>/`: the content of a snapshot
- `ROOT/.tmp/<volume>[.<snapshot>].<random>`: being made
- `ROOT/.trash/<volume>[.<snapshot>].<random>`: being removed
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

from . import marker, names, tree
from .base import BackendError
from .faultpoints import faultpoint
from .fds import ANYTHING, MISSING, is_there, made, opened, path_of
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
    with _or_missing("The volume's data is missing", root, handle, DATA) as fd:
        yield fd


@contextmanager
def snapshot_of(root: int, handle: str, snapshot: str) -> Iterator[int]:
    with _or_missing("The snapshot's data is missing", root, handle, SNAPSHOTS, snapshot) as fd:
        yield fd


@contextmanager
def _or_missing(sentence: str, root: int, *path: str) -> Iterator[int]:
    with ExitStack() as stack:
        try:
            fd = stack.enter_context(opened(root, *path))
        except OSError as error:
            if error.errno not in MISSING:
                raise
            raise BackendError(
                f"{sentence} from the storage; put it back, or delete what needs it."
            ) from error
        yield fd


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
    for name in entries(root, TMP):
        if name.startswith(prefix):
            with opened(root, TMP) as tmp:
                discard(root, tmp, name, handle, snapshot)


def empty_trash(root: int, prefix: str) -> None:
    """Remove what lies in the trash under that prefix, whoever put it there, for good."""
    for name in entries(root, TRASH):
        if name.startswith(prefix):
            with opened(root, TRASH) as trash:
                tree.remove(trash, name)
    faultpoint("trash:removed")
    for name in (TMP, TRASH):
        with suppress(FileNotFoundError), opened(root, name) as fd:
            os.fsync(fd)
    faultpoint("trash:synced")


def has_data(root: int, handle: str) -> bool:
    return is_there(root, handle, DATA)
