"""Who works now: few requests at once in each worker, the others stand in line.

Python runs one thread at a time: more of them only take the work out of each other's hands, and each
request gets slower. Whoever waits for something else steps aside meanwhile.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

AT_ONCE = 2
"""Requests that each worker works on. More than the one that Python runs: some wait for the database."""


class Turns:
    """Handed from who is done to who has waited longest: a semaphore lets who just came go first."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._line: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._line)

    def take(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self._line.append(mine)
        mine.acquire()

    def give(self) -> None:
        with self._lock:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1


_turns = Turns(AT_ONCE)
_this_thread = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Work on a request, once it is its turn."""
    _turns.take()
    _this_thread.has_turn = True
    try:
        yield
    finally:
        _this_thread.has_turn = False
        _turns.give()


@contextmanager
def aside() -> Iterator[None]:
    """Wait for what another thread does. Nothing outside a server's request.

    Its connection to the database goes back to the pool: who waits must not keep it from those who work.
    """
    if not getattr(_this_thread, "has_turn", False):
        yield
        return
    if connection.vendor == "postgresql":
        connection.close()
    _turns.give()
    try:
        yield
    finally:
        _turns.take()
