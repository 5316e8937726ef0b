"""Walk a whole tree: its usage and its latest change."""

import errno
import os
import stat
from collections.abc import Iterator

from ..fds import ANYTHING, MISSING
from ..linux import open_on_mount
from .cursor import Cursor

# Entries that vanish meanwhile do not count, nor do mounts inside, as with `du --one-file-system`.
SKIPPED = MISSING | {errno.EXDEV}


def measure(fd: int) -> int:
    """Return the bytes on disk of the tree at `fd`, itself included. Count a hard-linked file once.

    Raises OSError, with the path, if an entry cannot be read: a sum without it would be wrong.
    """
    total = 0
    counted: set[tuple[int, int]] = set()
    for status in _walk(fd):
        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            identity = status.st_dev, status.st_ino
            if identity in counted:
                continue
            counted.add(identity)
        total += status.st_blocks * 512
    return total


def newest(fd: int) -> float:
    """Return the latest change of content or attributes in the tree at `fd`, in seconds since the epoch.

    Raises OSError, with the path, if an entry cannot be read.
    """
    return max(max(status.st_mtime, status.st_ctime) for status in _walk(fd))


def _walk(fd: int) -> Iterator[os.stat_result]:
    with Cursor(fd) as here:
        yield (status := os.fstat(fd))
        # For each level, the directories still to visit.
        levels: list[list[str]] = [[]]
        yield from _files(here, status.st_dev, levels[-1])
        while True:
            if levels[-1]:
                below = _enter(here, levels[-1].pop())
                if below is not None:
                    yield below
                    levels.append([])
                    yield from _files(here, below.st_dev, levels[-1])
                continue
            levels.pop()
            if not levels:
                return
            if not here.up():
                levels[-1].clear()


def _files(here: Cursor, device: int, directories: list[str]) -> Iterator[os.stat_result]:
    """Yield the status of each file in one directory; append the names of directories."""
    fd = here.fd
    with here.locating(), os.scandir(fd) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                directories.append(entry.name)
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                if error.errno in MISSING:
                    continue
                here.locate(error, entry.name)
                raise
            # A file is a mount point if the directory lists another inode for it. That alone proves
            # nothing: some file systems list other inode numbers in directories.
            differs = status.st_ino != entry.inode() or status.st_dev != device
            if differs and _is_mount(fd, entry.name):
                continue
            yield status


def _is_mount(directory: int, name: str) -> bool:
    try:
        os.close(open_on_mount(directory, name, ANYTHING))
    except OSError as error:
        if error.errno in SKIPPED:
            return True
        raise
    return False


def _enter(here: Cursor, name: str) -> os.stat_result | None:
    """Enter the directory `name`, and return its status; None if it vanished or is a mount."""
    try:
        return here.down(name)
    except OSError as error:
        if error.errno in SKIPPED:
            return None
        here.locate(error, name)
        raise
