"""Opening files that applications may hold by a lease (fcntl(2), F_SETLEASE), as Samba does."""

import os
import time

PATIENCE = 3.0
"""Seconds that one tree may wait for leases, all its files together. The kernel takes a lease away
after 45 s; an application with many of them would hold up a copy for as long as it likes."""

PAUSE = 0.05


class Opener:
    """Opens the files of one tree for reading."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._left = patience

    def open(self, path: str) -> int:
        """A descriptor; BlockingIOError if a lease is still held once the tree's time is used up.

        The first attempt asks the holder to give it up.
        """
        while True:
            try:
                return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except BlockingIOError:
                if self._left <= 0:
                    raise
            self._left -= PAUSE
            time.sleep(PAUSE)
