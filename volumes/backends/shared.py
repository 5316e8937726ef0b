"""A descriptor for all who need the same one at the same time."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

FRESH = 0.1
"""Seconds for which others may join in: what was seen on the way to a descriptor grows old."""


@dataclass(eq=False)
class _Opened:
    fd: int
    until: float
    users: int = 1


class Shared:
    """Opened by whoever comes first, used by who comes soon after, closed by the last one to leave."""

    def __init__(self, open_: Callable[[], int]) -> None:
        self._open = open_
        self._lock = Lock()
        self._newest: _Opened | None = None

    @contextmanager
    def held(self) -> Iterator[int]:
        opened = self._joined() or self._begun()
        try:
            yield opened.fd
        finally:
            self._leave(opened)

    def _joined(self) -> _Opened | None:
        with self._lock:
            opened = self._newest
            if opened is None or opened.until < time.monotonic():
                return None
            opened.users += 1
            return opened

    def _begun(self) -> _Opened:
        """Opened without the lock: a disk that hangs must not hold up who is about to leave."""
        until = time.monotonic() + FRESH
        self._newest = opened = _Opened(self._open(), until)
        return opened

    def _leave(self, opened: _Opened) -> None:
        with self._lock:
            opened.users -= 1
            if opened.users:
                return
            if self._newest is opened:
                self._newest = None
        os.close(opened.fd)
