"""Request slots: each worker processes few requests at a time, and the others wait.

Python runs one thread at a time, so more concurrent requests would only slow each other down. A request
that waits for another thread releases its slot meanwhile.

A request that waits for a slot has no thread. The thread that frees the slot continues with it. A thread
for each request would have its own database connection, and use memory for it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connection, connections

from config import limits
from config.limits import MAX_WAITING_REQUESTS

Work = Callable[[], None]

log = logging.getLogger("holdfast.server")
_this_thread = threading.local()


class FifoSemaphore:
    """A semaphore whose slots go to the longest waiter. Python's own lets newcomers go first.

    A waiter is a thread, represented by the lock that it waits for, or work that any thread may do.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiters: deque[threading.Lock | Work] = deque()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(MAX_WAITING_REQUESTS, "request")

    @property
    def waiting(self) -> int:
        """The number of waiters."""
        return len(self._waiters)

    @property
    def has_free(self) -> bool:
        """Whether a slot is free."""
        return self._free > 0

    def acquire(self) -> None:
        """Wait for a slot, in this thread."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            own_lock = threading.Lock()
            own_lock.acquire()
            self._waiters.append(own_lock)
        own_lock.acquire()

    def release(self) -> None:
        """Free the slot of this thread. The next work runs in another thread."""
        if work := self._pass_on():
            self._threads.submit(self._work, work)

    def resume(self, waiter: threading.Lock) -> None:
        """Let the thread that waits for this lock go on in a slot, as soon as there is one."""
        with self._lock:
            if not self._free:
                self._waiters.append(waiter)
                return
            self._free -= 1
        waiter.release()

    def run(self, work: Work) -> None:
        """Do `work` in a slot: now in this thread, or later in the thread that frees a slot."""
        with self._lock:
            if not self._free:
                self._waiters.append(work)
                return
            self._free -= 1
        self._work(work)

    def spawn(self, work: Work) -> None:
        """Do `work` without a slot, in a thread of its own."""
        self._threads.submit(_do, work)

    def _work(self, work: Work | None) -> None:
        while work:
            _this_thread.has_slot = True
            _do(work)
            _this_thread.has_slot = False
            work = self._pass_on()

    def _pass_on(self) -> Work | None:
        """Pass a slot to the longest waiter. Return its work; None if it is a thread or none waits."""
        with self._lock:
            if not self._waiters:
                self._free += 1
                return None
            first = self._waiters.popleft()
        if isinstance(first, _LOCK):
            first.release()
            return None
        return first


_LOCK = type(threading.Lock())
request_slots = FifoSemaphore(limits.MAX_CONCURRENT_REQUESTS)


def _do(work: Work) -> None:
    """Do the work and log its exceptions. An exception that ended the thread would lose the slot."""
    try:
        work()
    except Exception:
        log.exception("request_failed")


@contextmanager
def request_slot() -> Iterator[None]:
    """Run a block that produces a part of a response in a slot. The request must not hold a slot.

    Afterwards the database connection returns to the pool, because the next part may follow much later.
    """
    request_slots.acquire()
    _this_thread.has_slot = True
    try:
        yield
    finally:
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            connection.close()
        _this_thread.has_slot = False
        request_slots.release()


class Completion:
    """Something that a request waits for without its slot.

    Its thread wakes up once, when it has a slot again, instead of twice: to hear of it and to get one.
    """

    def __init__(self, slots: FifoSemaphore = request_slots) -> None:
        self._slots = slots
        self._lock = threading.Lock()
        self._may_go_on = threading.Lock()
        self._may_go_on.acquire()
        self._is_set = False
        self._needs_slot = False

    def set(self) -> None:
        """Let who waits go on. Setting it again does nothing."""
        with self._lock:
            if self._is_set:
                return
            self._is_set = True
            needs_slot = self._needs_slot
        if needs_slot:
            self._slots.resume(self._may_go_on)
        else:
            self._may_go_on.release()

    def wait(self, timeout: float) -> bool:
        """Return whether it is set, at the latest after `timeout` seconds and the wait for a slot.

        Only one thread may wait for it.
        """
        if not _has_slot():
            return self._is_set or self._may_go_on.acquire(timeout=timeout)
        with self._lock:
            if self._is_set:
                return True
            self._needs_slot = True
        _leave_slot(self._slots)
        if not self._may_go_on.acquire(timeout=timeout):
            self._take_slot()
        _this_thread.has_slot = True
        return self._is_set

    def _take_slot(self) -> None:
        """Wait for a slot, unless it was set while waiting: then `set` passes a slot to this thread."""
        with self._lock:
            self._needs_slot = False
            is_set = self._is_set
        if is_set:
            self._may_go_on.acquire()
        else:
            self._slots.acquire()


@contextmanager
def slot_released() -> Iterator[None]:
    """Run a block that waits for another thread, without a slot. Does nothing outside a request."""
    if not _has_slot():
        yield
        return
    _leave_slot(request_slots)
    try:
        yield
    finally:
        request_slots.acquire()
        _this_thread.has_slot = True


def _has_slot() -> bool:
    return getattr(_this_thread, "has_slot", False)


def _leave_slot(slots: FifoSemaphore) -> None:
    """Give the slot of this thread away.

    The database connection returns to the pool, because waiting requests must not keep it from others.
    """
    here = connections[DEFAULT_DB_ALIAS]  # once: finding a thread's connection takes time
    if here.connection is not None and here.vendor == "postgresql":
        here.close()
    _this_thread.has_slot = False
    slots.release()
