"""Open files on which applications may hold a lease (fcntl(2), F_SETLEASE), as Samba does."""

import os
import time

MAX_WAIT = 3.0
"""Seconds that one tree waits for the leases of all its files. The kernel breaks a lease after 45 s,
so an application with many leases could delay a copy without limit."""

RETRY_INTERVAL = 0.05


class Opener:
    """Opens the files of one tree for reading."""

    def __init__(self, max_wait: float = MAX_WAIT) -> None:
        self._left = max_wait

    def open(self, path: str) -> int:
        """Open the file. Raise BlockingIOError if its lease outlasts the tree's remaining time.

        The first attempt makes the kernel ask the holder to release the lease.
        """
        while True:
            try:
                return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except BlockingIOError:
                if self._left <= 0:
                    raise
            self._left -= RETRY_INTERVAL
            time.sleep(RETRY_INTERVAL)
