"""Where the workers of one server count together, empty at each start.

In memory: the workers map these files, and on a disk that is full they would die as they count.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "holdfast-metrics-"
MIN_AGE_SECONDS = 60.0
"""Seconds in which a directory may not be locked yet by the server that has just made it."""


@contextmanager
def shared_directory() -> Iterator[str]:
    """A directory for the files of this server, locked while it lives."""
    memory = Path("/dev/shm")  # noqa: S108  (a name of our own is made in it)
    place = memory if memory.is_dir() else Path(tempfile.gettempdir())
    for path in place.glob(f"{PREFIX}*"):
        with suppress(OSError):  # somebody else's, or another server was first
            _remove_what_nobody_uses(path)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=place) as directory:
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield directory
        finally:
            os.close(lock)


def _remove_what_nobody_uses(path: Path) -> None:
    """Remove what a killed server of this user left: a directory that holds only files.

    Everybody may write to the place. Whatever else has such a name is a stranger's, and stays. Raises
    OSError if it is still in use, or cannot be removed.
    """
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        status = os.fstat(fd)
        if status.st_uid != os.geteuid() or status.st_mtime > time.time() - MIN_AGE_SECONDS:
            return
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with os.scandir(fd) as entries:
            names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
        for name in names:
            os.unlink(name, dir_fd=fd)
        path.rmdir()  # fails if anything but files is in it
    finally:
        os.close(fd)
