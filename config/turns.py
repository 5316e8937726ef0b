"""Who works now: few requests at once in each worker, the others stand in line.

Python runs one thread at a time: more of them only take the work out of each other's hands, and each
request gets slower. Whoever waits for something else steps aside meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from django.db import connection

AT_ONCE = 4
"""Requests that each worker works on. More than the one that Python runs: most wait for the database."""

_turns: SimpleQueue[None] = SimpleQueue()
"""Those that are free. A semaphore as well, but Python's is written in Python."""
for _ in range(AT_ONCE):
    _turns.put(None)

_this_thread = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Work on a request, once it is its turn."""
    _turns.get()
    _this_thread.has_turn = True
    try:
        yield
    finally:
        _this_thread.has_turn = False
        _turns.put(None)


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
    _turns.put(None)
    try:
        yield
    finally:
        _turns.get()
