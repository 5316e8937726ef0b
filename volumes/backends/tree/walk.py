"""Looking at a whole tree: how much it uses, when it last changed."""

import errno
import os
import stat
from collections.abc import Iterator

from ..fds import MISSING
from .cursor import Cursor

# Applications go on working meanwhile, and may keep things from the server: what cannot be seen
# does not count, as with du.
_UNSEEN = MISSING | {errno.EACCES, errno.EPERM}


def measure(fd: int) -> int:
    """The bytes on disk of the tree at `fd`, itself included, a file of many names once."""
    total = 0
    counted: set[tuple[int, int]] = set()
    for found in _everything(fd):
        if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
            identity = found.st_dev, found.st_ino
            if identity in counted:
                continue
            counted.add(identity)
        total += found.st_blocks * 512
    return total


def newest(fd: int) -> float:
    """The latest change of content or of attributes anywhere in the tree at `fd`."""
    return max(max(found.st_mtime, found.st_ctime) for found in _everything(fd))


def _everything(fd: int) -> Iterator[os.stat_result]:
    yield os.fstat(fd)
    with Cursor(fd) as here:
        # For each level, the directories still to be visited.
        levels: list[list[str]] = [[]]
        yield from _entries(here.fd, levels[-1])
        while True:
            if levels[-1]:
                if _went_down(here, levels[-1].pop()):
                    levels.append([])
                    yield from _entries(here.fd, levels[-1])
                continue
            levels.pop()
            if not levels:
                return
            if not here.up():
                levels[-1].clear()


def _entries(fd: int, directories: list[str]) -> Iterator[os.stat_result]:
    """What lies in one directory; the names of directories are noted."""
    with os.scandir(fd) as entries:
        for entry in entries:
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError as error:
                if error.errno not in _UNSEEN:
                    raise
                continue
            if stat.S_ISDIR(found.st_mode):
                directories.append(entry.name)
            yield found


def _went_down(here: Cursor, name: str) -> bool:
    try:
        here.down(name)
    except OSError as error:
        if error.errno not in _UNSEEN:
            raise
        return False
    return True
