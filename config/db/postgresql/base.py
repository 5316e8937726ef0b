"""Django's PostgreSQL engine, which checks the socket of a pooled connection instead of querying.

A query (CONN_HEALTH_CHECKS) costs each request a round trip, as much as reading a row. A server that
stopped has closed its sockets, which can be detected without a query.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property
from psycopg.errors import IdleInTransactionSessionTimeout

from config.db.postgresql.pool import LifoPool


class Errors(DatabaseErrorWrapper):
    """Treats a session that the server ended as a lost connection, not as a bug in a statement."""

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, IdleInTransactionSessionTimeout):
            kind, error = psycopg.OperationalError, psycopg.OperationalError(*error.args)
        super().__exit__(kind, error, trace)


class PreparedCursor(psycopg.Cursor[Any]):
    """Prepares each statement on the server, once for each connection."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> Any:
        return super().execute(query, params, prepare=True)


class DatabaseWrapper(base.DatabaseWrapper):
    @cached_property
    def wrap_database_errors(self) -> Errors:
        return Errors(self)

    @property
    def pool(self) -> LifoPool | None:
        """Return the pool, as Django's engine does, but of class LifoPool."""
        here: Any = self  # the stubs leave most of it out
        options = here.settings_dict["OPTIONS"].get("pool")
        if here.alias == NO_DB_ALIAS or not options:
            return None
        if here.alias not in here._connection_pools:
            pool = LifoPool(
                kwargs={**here.get_connection_params(), "autocommit": True},
                open=False,
                configure=here._configure_connection,
                **options,
            )
            here._connection_pools.setdefault(here.alias, pool)  # another thread may be quicker
        found: LifoPool = here._connection_pools[here.alias]
        return found

    def preparing_cursor(self) -> Any:
        """Return a cursor that prepares its statements, for those of `config.db.statements`."""
        self.ensure_connection()
        cursor: Any = PreparedCursor(self.connection)
        return self.make_debug_cursor(cursor) if self.queries_logged else self.make_cursor(cursor)

    def _set_autocommit(self, autocommit: bool) -> None:
        # A pooled connection usually has the right mode already, and setting it takes time.
        if self.connection.autocommit != autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs leave it out

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        while self.pool and _has_gone(connection):
            self.pool.putconn(connection)  # the pool discards a broken connection
            connection = super().get_new_connection(conn_params)
        return connection


def _has_gone(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has closed the connection since its last use."""
    # poll(), because select() fails for descriptors above 1023.
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    while poll.poll(0):
        try:
            # A notice, or the error that precedes the end of the connection. Then read on to the end.
            connection.pgconn.consume_input()
        except psycopg.Error:
            return True
    return connection.broken
