"""The directory in which the workers of a server share their metrics, empty at each start.

It is in memory, because workers map its files, and a write to mapped memory on a full disk kills them.
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
"""A younger directory may not be locked yet by the server that has just created it."""


@contextmanager
def shared_directory() -> Iterator[str]:
    """Create a directory for this server and lock it. Remove those of killed servers."""
    memory = Path("/dev/shm")  # noqa: S108  (a name of our own is made in it)
    place = memory if memory.is_dir() else Path(tempfile.gettempdir())
    for path in place.glob(f"{PREFIX}*"):
        with suppress(OSError):  # it is in use, belongs to another user, or was just removed
            _remove_unused(path)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=place) as directory:
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield directory
        finally:
            os.close(lock)


def _remove_unused(path: Path) -> None:
    """Remove the directory of a killed server of this user, if it contains only files.

    Everybody can write to the parent directory, so anything else with such a name is left alone. Raises
    OSError if the directory is in use or cannot be removed.
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
        path.rmdir()  # fails if it contains anything but files
    finally:
        os.close(fd)
