"""The directory in which the workers of a server share their metrics, empty at each start.

It is in memory, because workers map its files, and a write to mapped memory on a full disk kills them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.work_directories import work_directory

PREFIX = "holdfast-metrics-"


@contextmanager
def shared_directory() -> Iterator[str]:
    """Create a directory for this server. Remove those of killed servers."""
    memory = Path("/dev/shm")  # noqa: S108  (a name of our own is made in it)
    place = memory if memory.is_dir() else Path(tempfile.gettempdir())
    with work_directory(place, PREFIX) as directory:
        yield str(directory)
