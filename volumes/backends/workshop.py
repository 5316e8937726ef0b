"""Build a directory under a temporary name, so that it appears complete or not at all."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto

from . import names
from .base import StoredItem
from .failures import collecting_failures
from .fds import ANYTHING, DIRECTORY, Inode, inode_of, is_inode, open_directory
from .layout import TMP, TRASH, entries, remove_leftover, working_directory


class Lock(Enum):
    OURS = auto()
    OTHERS = auto()
    NONE = auto()


@dataclass
class Workpiece:
    """A directory under construction."""

    fd: int
    inode: Inode
    name: str
    tmp: int
    is_in_place: bool = False


@contextmanager
def workpiece(root: int, handle: str, snapshot: str | None = None) -> Iterator[Workpiece]:
    """Create a new directory, locked while its process lives. Remove it unless it is put in place."""
    with working_directory(root, TMP) as tmp:
        piece = _locked_directory(root, tmp, handle, snapshot)
        try:
            yield piece
        finally:
            # The next attempt sweeps what cannot be removed now. An error here must not replace the
            # one that ended this attempt.
            if not piece.is_in_place:
                with suppress(OSError):
                    remove_leftover(root, tmp, piece.name)
            os.close(piece.fd)


def _locked_directory(root: int, tmp: int, handle: str, snapshot: str | None) -> Workpiece:
    # Without another attempt, the first name is free, so most attempts do not list the directory,
    # which may be large. The first name is tried again after a sweep: only an attempt that finds it
    # taken sweeps, so nobody would remove leftovers under other names.
    name = first_name = names.first_name(handle, snapshot)
    is_swept = False
    while True:
        try:
            os.mkdir(name, 0o700, dir_fd=tmp)
        except FileExistsError:
            _sweep(root, tmp, names.prefix(handle, snapshot))
            name = names.random_name(handle, snapshot) if is_swept else first_name
            is_swept = True
            continue
        # Until it is locked, another process may sweep it as dead. Then try another name.
        with suppress(FileNotFoundError):
            fd = os.open(name, DIRECTORY, dir_fd=tmp)
            inode = inode_of(fd)
            if _lock(fd) is not Lock.OTHERS and is_inode(inode, tmp, name):
                return Workpiece(fd, inode, name, tmp)
            os.close(fd)
        name = names.random_name(handle, snapshot)


def sweep(root: int, handle: str, snapshot: str | None = None) -> None:
    """Remove leftovers of killed attempts at an item that another attempt has finished."""
    with working_directory(root, TMP) as tmp:
        _sweep(root, tmp, names.prefix(handle, snapshot))


def _sweep(root: int, tmp: int, prefix: str) -> None:
    """Remove leftovers of killed attempts: the kernel has released their locks."""
    # Remove the first name last: while it exists, the next attempt sweeps the others.
    for name in sorted(os.listdir(tmp), reverse=True):
        if name.startswith(prefix):
            with suppress(OSError), open_directory(tmp, name) as fd:
                if _lock(fd) is Lock.OURS:
                    remove_leftover(root, tmp, name)


def remove_abandoned(root: int, item: StoredItem, before: float) -> None:
    """Remove leftovers of the item that are older than `before`, unless their process lives."""
    with collecting_failures() as failures:
        for area in (TMP, TRASH):
            for name in entries(root, area):
                if names.parse_leftover(name) == item:
                    with failures.collect(), open_directory(root, area) as directory:
                        _remove_abandoned(root, directory, name, before)


def _remove_abandoned(root: int, directory: int, name: str, before: float) -> None:
    with ExitStack() as stack:
        try:
            fd = stack.enter_context(open_directory(directory, name))
        except FileNotFoundError:
            return
        except PermissionError:
            # A copy gets the mode of the data last, and this one cannot be locked.
            fd = stack.enter_context(open_directory(directory, name, flags=ANYTHING))
        # While it is locked, no attempt takes its name.
        if _lock(fd) is not Lock.OTHERS and os.fstat(fd).st_ctime < before:
            remove_leftover(root, directory, name)


def _lock(fd: int) -> Lock:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return Lock.OTHERS
    except OSError:
        # NFS cannot lock directories: there a sweep removes nothing, remove_abandoned() and delete() do.
        return Lock.NONE
    return Lock.OURS
