"""Temporary directories that are locked while they are in use, so that those of killed processes go."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MIN_AGE_SECONDS = 60.0
"""A younger directory may not be locked yet by the process that has just created it."""


@contextmanager
def work_directory(parent: Path, prefix: str) -> Iterator[Path]:
    """Create a directory in `parent` for this process and lock it; remove it with the block.

    First remove those with the same prefix whose processes were killed. Raises OSError.
    """
    for path in parent.glob(f"{prefix}*"):
        with suppress(OSError):  # it is in use, belongs to another user, or was just removed
            _remove_unused(path)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as directory:
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield Path(directory)
        finally:
            os.close(lock)


def _remove_unused(path: Path) -> None:
    """Remove the directory of a killed process of this user, if it contains only files.

    Everybody may be able to write to the parent directory, so anything else with such a name is left
    alone. Raises OSError if the directory is in use or cannot be removed.
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
