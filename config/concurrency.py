"""Request slots: a worker works on few requests at once, the others wait.

Python runs one thread at a time: more of them only take the work out of each other's hands, and each
request gets slower. A request that waits for something else gives its slot away until then.

A request that waits for a slot has no thread. The thread that frees the slot goes on with it: a thread
for each would bring its own connection to the database, and the memory of it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

from config.limits import MAX_WAITING_REQUESTS

MAX_CONCURRENT_REQUESTS = 2
"""Requests that each worker works on. More than the one that Python runs: some wait for the database."""

Work = Callable[[], None]

log = logging.getLogger("holdfast.server")
_this_thread = threading.local()


class FifoSemaphore:
    """Slots that go to what has waited longest: a semaphore lets who just came go first.

    What waits is a thread, as the lock that it waits for, or work that any thread may do.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._line: deque[threading.Lock | Work] = deque()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(MAX_WAITING_REQUESTS, "request")

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        return len(self._line)

    def acquire(self) -> None:
        """Wait for a slot, in this thread."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self._line.append(mine)
        mine.acquire()

    def release(self) -> None:
        """Free the slot of this thread, which has something else to do."""
        if work := self._pass_on():
            self._threads.submit(self._work, work)

    def run(self, work: Work) -> None:
        """Do `work` in a slot: now in this thread, or later in the thread that frees one."""
        with self._lock:
            if not self._free:
                self._line.append(work)
                return
            self._free -= 1
        self._work(work)

    def spawn(self, work: Work) -> None:
        """Do `work` without a slot, in a thread of its own."""
        self._threads.submit(_logged, work)

    def _work(self, work: Work | None) -> None:
        while work:
            _this_thread.has_turn = True
            _logged(work)
            _this_thread.has_turn = False
            work = self._pass_on()

    def _pass_on(self) -> Work | None:
        """Pass a slot on. Returns the work that is now to be done in it, if that is what waited."""
        with self._lock:
            if not self._line:
                self._free += 1
                return None
            first = self._line.popleft()
        if isinstance(first, _LOCK):
            first.release()
            return None
        return first


_LOCK = type(threading.Lock())
request_slots = FifoSemaphore(MAX_CONCURRENT_REQUESTS)


def _logged(work: Work) -> None:
    """Do it. What it raises must not end the thread: the slot would be lost with it."""
    try:
        work()
    except Exception:
        log.exception("a request ended without a response")


@contextmanager
def request_slot() -> Iterator[None]:
    """Work on a part of a response in a slot, once there is one. The request itself must not have one.

    The connection to the database goes back to the pool: the next part may be due much later.
    """
    request_slots.acquire()
    _this_thread.has_turn = True
    try:
        yield
    finally:
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            connection.close()
        _this_thread.has_turn = False
        request_slots.release()


@contextmanager
def slot_released() -> Iterator[None]:
    """Wait for what another thread does. Nothing outside a server's request.

    Its connection to the database goes back to the pool: who waits must not keep it from those who work.
    """
    if not getattr(_this_thread, "has_turn", False):
        yield
        return
    if connection.vendor == "postgresql":
        connection.close()
    _this_thread.has_turn = False
    request_slots.release()
    try:
        yield
    finally:
        request_slots.acquire()
        _this_thread.has_turn = True
