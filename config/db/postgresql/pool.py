"""A connection pool that prefers the connection that was used last."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg_pool import ConnectionPool


class LifoPool(ConnectionPool[psycopg.Connection[Any]]):
    """Returns the connection that was used last, because its server process is still in CPU caches.

    The library uses connections in turn, so that none is in the caches, and none is ever idle for long
    enough to be closed.
    """

    def _get_ready_connection(self, timeout: float | None) -> psycopg.Connection[Any] | None:
        self._pool.rotate()  # the library appends on the right and takes from the left
        return super()._get_ready_connection(timeout)
