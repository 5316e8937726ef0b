"""A reference-counted descriptor for concurrent users."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

MAX_AGE = 0.1
"""Seconds for which new users may share a descriptor: the check at its opening becomes outdated."""


@dataclass(eq=False)
class _Descriptor:
    fd: int
    until: float
    users: int = 1


class SharedDescriptor:
    """Opened by the first user, shared for MAX_AGE seconds, closed by the last user."""

    def __init__(self, open_: Callable[[], int]) -> None:
        self._open = open_
        self._lock = Lock()
        self._current: _Descriptor | None = None

    @contextmanager
    def acquire(self) -> Iterator[int]:
        descriptor = self._join() or self._open_new()
        try:
            yield descriptor.fd
        finally:
            self._release(descriptor)

    def _join(self) -> _Descriptor | None:
        with self._lock:
            descriptor = self._current
            if descriptor is None or descriptor.until < time.monotonic():
                return None
            descriptor.users += 1
            return descriptor

    def _open_new(self) -> _Descriptor:
        """Open without the lock: a disk that hangs must not block users that release theirs."""
        until = time.monotonic() + MAX_AGE
        self._current = descriptor = _Descriptor(self._open(), until)
        return descriptor

    def _release(self, descriptor: _Descriptor) -> None:
        with self._lock:
            descriptor.users -= 1
            if descriptor.users:
                return
            if self._current is descriptor:
                self._current = None
        os.close(descriptor.fd)
