"""A pool that hands out the connection that was used last."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg_pool import ConnectionPool


class LifoPool(ConnectionPool[psycopg.Connection[Any]]):
    """What the database keeps for a connection is in the processor's caches still if it was used last.

    In turn, as the library has them, all of them are cold; and none is ever idle for long enough to be
    closed.
    """

    def _get_ready_connection(self, timeout: float | None) -> psycopg.Connection[Any] | None:
        self._pool.rotate()  # the library takes from the left what it put in on the right
        return super()._get_ready_connection(timeout)
