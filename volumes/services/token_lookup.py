"""Whose token it is: one look-up for all requests that arrived before it began."""

from __future__ import annotations

import time
import uuid
from threading import Event

from accounts.models import Token, User
from volumes.models import Environment
from volumes.queries.environments import environment_by_token

MAX_AGE = 0.05
"""Seconds for which an answer is used: requests that wait longer for a slot ask anew."""
MAX_KEPT = 64

Found = tuple[User, Token, Environment]


class _Lookup:
    """One question to the database."""

    def __init__(self) -> None:
        self.asked_at = time.monotonic()
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
    """As `environment_by_token`, for requests that come in bursts.

    What a token may do is as the database has it when the question is asked. A request that was there
    by then would learn nothing newer by asking itself; one that arrives later always asks.
    """

    def __init__(self) -> None:
        self._latest: dict[tuple[str, uuid.UUID], _Lookup] = {}

    def find(
        self, digest: str, environment_id: uuid.UUID, arrived_at: float | None
    ) -> Found | None:
        """`arrived_at` is the request's, of `time.monotonic()`; without it the database is asked.

        Only an answer that allows something is shared.
        """
        key = digest, environment_id
        latest = self._latest.get(key)
        if latest and _is_answer(latest, arrived_at) and (found := latest.wait()):
            return found
        if len(self._latest) >= MAX_KEPT:
            self._latest.clear()
        self._latest[key] = lookup = _Lookup()
        return lookup.run(digest, environment_id)


def _is_answer(lookup: _Lookup, arrived_at: float | None) -> bool:
    oldest = time.monotonic() - MAX_AGE
    return arrived_at is not None and lookup.asked_at > max(arrived_at, oldest)
