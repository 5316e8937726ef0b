"""Looking at a whole tree: how much it uses, when it last changed."""

import errno
import os
import stat
from collections.abc import Iterator

from ..fds import ANYTHING, MISSING
from ..linux import open_on_mount
from .cursor import Cursor

# Applications go on working meanwhile: what vanishes does not count. Nor does what is mounted
# inside, as with `du --one-file-system`.
_PASSED_OVER = MISSING | {errno.EXDEV}


def measure(fd: int) -> int:
    """The bytes on disk of the tree at `fd`, itself included, a file of many names once.

    OSError, with the path, where something cannot be looked at: a sum without it would be wrong.
    """
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
    """The latest change of content or of attributes anywhere in the tree at `fd`.

    OSError, with the path, where something cannot be looked at.
    """
    return max(max(found.st_mtime, found.st_ctime) for found in _everything(fd))


def _everything(fd: int) -> Iterator[os.stat_result]:
    with Cursor(fd) as here:
        yield (found := os.fstat(fd))
        # For each level, the directories still to be visited.
        levels: list[list[str]] = [[]]
        yield from _files(here, found.st_dev, levels[-1])
        while True:
            if levels[-1]:
                below = _went_down(here, levels[-1].pop())
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
    """What lies in one directory; the names of directories are noted."""
    fd = here.fd
    with here.locating(), os.scandir(fd) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                directories.append(entry.name)
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError as error:
                if error.errno in MISSING:
                    continue
                here.locate(error, entry.name)
                raise
            # A file is mounted over where the directory names another inode. That alone is no proof:
            # some file systems number differently in directories.
            differs = found.st_ino != entry.inode() or found.st_dev != device
            if differs and _is_mount(fd, entry.name):
                continue
            yield found


def _is_mount(directory: int, name: str) -> bool:
    try:
        os.close(open_on_mount(directory, name, ANYTHING))
    except OSError as error:
        if error.errno in _PASSED_OVER:
            return True
        raise
    return False


def _went_down(here: Cursor, name: str) -> os.stat_result | None:
    """The directory `name`, now entered; None for what vanished or is mounted."""
    try:
        return here.down(name)
    except OSError as error:
        if error.errno in _PASSED_OVER:
            return None
        here.locate(error, name)
        raise
