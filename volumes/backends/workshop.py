"""Making something under a temporary name, so that it appears complete or not at all."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto

from . import names, tree
from .fds import DIRECTORY, Inode, inode_of, is_inode, opened
from .layout import TMP, area


class Lock(Enum):
    OURS = auto()
    OTHERS = auto()
    NONE = auto()


@dataclass
class Workpiece:
    """A directory in the making."""

    fd: int
    inode: Inode
    name: str
    tmp: int
    is_in_place: bool = False


@contextmanager
def workpiece(root: int, handle: str, snapshot: str | None = None) -> Iterator[Workpiece]:
    """A fresh directory, locked while its maker lives, and removed unless it is put in place."""
    with area(root, TMP) as tmp:
        made = _locked_directory(tmp, handle, snapshot)
        try:
            yield made
        finally:
            # What cannot be removed now is swept by the next attempt, and must not hide the reason
            # for this one's end.
            if not made.is_in_place:
                with suppress(OSError):
                    tree.remove(tmp, made.name)
            os.close(made.fd)


def _locked_directory(tmp: int, handle: str, snapshot: str | None) -> Workpiece:
    # Where nobody else is or was, its first name is free: most need not look what else lies there,
    # which may be much. So that name is tried again once it may be free: what is left under another
    # one would be looked for by nobody.
    name = first = names.first(handle, snapshot)
    is_swept = False
    while True:
        try:
            os.mkdir(name, 0o700, dir_fd=tmp)
        except FileExistsError:
            _sweep(tmp, names.prefix(handle, snapshot))
            name = names.fresh(handle, snapshot) if is_swept else first
            is_swept = True
            continue
        # Before the lock is held, a sweeper takes it for dead: then another name is tried.
        with suppress(FileNotFoundError):
            fd = os.open(name, DIRECTORY, dir_fd=tmp)
            inode = inode_of(fd)
            if _lock(fd) is not Lock.OTHERS and is_inode(inode, tmp, name):
                return Workpiece(fd, inode, name, tmp)
            os.close(fd)
        name = names.fresh(handle, snapshot)


def sweep(root: int, handle: str, snapshot: str | None = None) -> None:
    """Remove what killed makers left of something that another one has finished."""
    with area(root, TMP) as tmp:
        _sweep(tmp, names.prefix(handle, snapshot))


def _sweep(tmp: int, prefix: str) -> None:
    """Remove what killed makers of the same thing left: the kernel has dropped their locks."""
    # The first name last: while it is there, the next maker looks for the others.
    for name in sorted(os.listdir(tmp), reverse=True):
        if name.startswith(prefix):
            with suppress(OSError), opened(tmp, name) as fd:
                if _lock(fd) is Lock.OURS:
                    tree.remove(tmp, name)


def _lock(fd: int) -> Lock:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return Lock.OTHERS
    except OSError:
        # NFS cannot lock directories: there only delete() clears what killed makers left.
        return Lock.NONE
    return Lock.OURS
