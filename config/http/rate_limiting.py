"""How many requests each token and session may send, counted in memory.

The workers of one server map the same table, so the limit holds for all of them together. They do not
lock one another: requests at the very same time may be counted once. Nothing is written to a disk or a
database.
"""

from __future__ import annotations

import math
import mmap
import os
import threading
import time
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from config import limits
from config.env import Rate
from config.errors import TooManyRequests

CHANGES, READS = "changes", "reads"

MAX_PROBES = 8
CELLS = 3
"""Of one window: its key, when it ends (milliseconds of the monotonic clock), its requests."""

STATE = "holdfast.rate_limit"
"""The key of a request's `META`, which is the same on the fast path and behind it."""


class RateLimitState(NamedTuple):
    """How one request was counted."""

    policy: str
    rate: Rate
    requests: int
    resets_in: int
    """Seconds until the window ends."""

    @property
    def is_exceeded(self) -> bool:
        return self.requests > self.rate.requests


class RateLimitExceeded(TooManyRequests):
    """A caller sent more requests than API_RATE_LIMIT admits."""

    def __init__(self, state: RateLimitState) -> None:
        super().__init__(
            f"Too many requests: a token or session may send {state.rate.requests} {state.policy}"
            f" in {state.rate.seconds} seconds. Try again in {state.resets_in} seconds.",
            retry_after=state.resets_in,
        )


class WindowTable:
    """Counts requests by key in a table of fixed size. A window begins with its first request."""

    def __init__(self, buffer: Any) -> None:
        self._cells = memoryview(buffer).cast("Q")
        self._lock = threading.Lock()

    def hit(self, key: int, seconds: int) -> tuple[int, int]:
        """Count one request. Returns the count of its window, and milliseconds until the window ends."""
        cells, now = self._cells, _milliseconds()
        with self._lock:
            at = self._find(key, now)
            if cells[at] != key or cells[at + 1] <= now:
                cells[at], cells[at + 1], cells[at + 2] = key, now + seconds * 1000, 0
            cells[at + 2] += 1
            return cells[at + 2], cells[at + 1] - now

    def count(self, key: int) -> int:
        """The requests that the key's present window has counted. Changes nothing."""
        cells, now = self._cells, _milliseconds()
        at = self._find(key, now)
        return cells[at + 2] if cells[at] == key and cells[at + 1] > now else 0

    def clear(self) -> None:
        """Forget every window."""
        for at in range(len(self._cells)):
            self._cells[at] = 0

    def _find(self, key: int, now: int) -> int:
        """The cells of the key's window, or those that a new one takes: the first to end."""
        cells = self._cells
        found, earliest = 0, math.inf
        for probe in range(MAX_PROBES):
            at = (key + probe) % limits.MAX_RATE_WINDOWS * CELLS
            ends = cells[at + 1]
            if cells[at] == key and ends > now:
                return at
            if ends < earliest:
                found, earliest = at, ends
        return found


def charge(request: HttpRequest | Request, caller: str, *, is_change: bool) -> None:
    """Count a request of an authenticated caller, once. Raises RateLimitExceeded.

    `caller` names the token or session. Only callers who proved who they are may be counted: others
    could push them out of the table.
    """
    state = count_request(request, caller, is_change=is_change)
    if state and state.is_exceeded:
        raise RateLimitExceeded(state)


def count_request(
    request: HttpRequest | Request, caller: str, *, is_change: bool
) -> RateLimitState | None:
    """The same for a request that is answered whatever the limit says. None without a limit."""
    state: RateLimitState | None = request.META.get(STATE)
    if state is None and (limit := _limit(is_change)):
        policy, rate = limit
        count, milliseconds = windows().hit(_key(policy, caller), rate.seconds)
        state = RateLimitState(policy, rate, count, math.ceil(milliseconds / 1000))
        request.META[STATE] = state
    return state


def is_exhausted(caller: str, *, is_change: bool) -> bool:
    """Whether the next request of this caller will be refused. Counts nothing."""
    if (limit := _limit(is_change)) is None:
        return False
    policy, rate = limit
    return bool(windows().count(_key(policy, caller)) >= rate.requests)


def add_headers(request: HttpRequest, response: HttpResponse) -> None:
    """`RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers, if it was counted."""
    state: RateLimitState | None = request.META.get(STATE)
    if state is None:
        return
    left = max(state.rate.requests - state.requests, 0)
    response["RateLimit-Policy"] = (
        f'"{state.policy}";q={state.rate.requests};w={state.rate.seconds}'
    )
    response["RateLimit"] = f'"{state.policy}";r={left};t={state.resets_in}'


def _limit(is_change: bool) -> tuple[str, Rate] | None:
    """Return the policy of such requests and its rate; None without a limit."""
    rates: tuple[Rate, Rate] | None = settings.API_RATE_LIMIT
    if rates is None:
        return None
    changes, reads = rates
    return (CHANGES, changes) if is_change else (READS, reads)


@lru_cache(maxsize=1024)  # each request asks twice
def _key(policy: str, caller: str) -> int:
    # The same in every process, unlike hash().
    return int.from_bytes(blake2b(f"{policy} {caller}".encode(), digest_size=8).digest(), "big")


def _milliseconds() -> int:
    # Every process on this machine reads the same clock, and nobody sets it.
    return time.monotonic_ns() // 1_000_000


def _shared_buffer() -> Any:
    """Memory of all workers of this server; of this process alone where no server has made any."""
    size = limits.MAX_RATE_WINDOWS * CELLS * 8
    if not (directory := os.environ.get("PROMETHEUS_MULTIPROC_DIR")):
        return bytearray(size)
    try:
        fd = os.open(Path(directory) / "rate-limits", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Without room for all of it, a write to mapped memory would end the process.
            os.posix_fallocate(fd, 0, size)
            return mmap.mmap(fd, size)
        finally:
            os.close(fd)
    except OSError:
        return bytearray(size)


@cache
def windows() -> WindowTable:
    """The table of this process, mapped with the first request: commands count nothing."""
    return WindowTable(_shared_buffer())
