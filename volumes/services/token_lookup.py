"""Token lookups that requests share: one serves all requests that had arrived before it began."""

from __future__ import annotations

import time
import uuid
from threading import Event

from accounts.models import Token, User
from volumes.models import Environment
from volumes.queries.environments import environment_by_token

MAX_AGE = 0.05
"""Seconds for which a result is used. A request that waited longer makes a lookup of its own."""
MAX_KEPT = 64

Found = tuple[User, Token, Environment]


class _Lookup:
    """One database query."""

    def __init__(self) -> None:
        self.begun_at = time.monotonic()
        self.found: Found | None = None
        self._is_over = Event()

    def run(self, digest: str, environment_id: uuid.UUID) -> Found | None:
        try:
            self.found = environment_by_token(digest, environment_id)
        finally:
            self._is_over.set()
        return self.found

    def wait(self) -> Found | None:
        self._is_over.wait()
        return self.found


class TokenLookup:
    """Shares `environment_by_token` among requests that arrive in bursts.

    A result is valid from the start of its query. A request that had arrived before would learn nothing
    newer from a query of its own. A request that arrives later never shares it.
    """

    def __init__(self) -> None:
        self._latest: dict[tuple[str, uuid.UUID], _Lookup] = {}

    def find(
        self, digest: str, environment_id: uuid.UUID, arrived_at: float | None
    ) -> Found | None:
        """Return what the token reaches. `arrived_at` is the request's arrival by `time.monotonic()`.

        Without it the lookup is not shared. Only successful results are shared.
        """
        key = digest, environment_id
        latest = self._latest.get(key)
        if latest and _is_valid(latest, arrived_at) and (found := latest.wait()):
            return found
        if len(self._latest) >= MAX_KEPT:
            self._latest.clear()
        self._latest[key] = lookup = _Lookup()
        return lookup.run(digest, environment_id)


def _is_valid(lookup: _Lookup, arrived_at: float | None) -> bool:
    oldest = time.monotonic() - MAX_AGE
    return arrived_at is not None and lookup.begun_at > max(arrived_at, oldest)
