"""PostgreSQL whose kept connections are looked at before they are used, not asked.

Asking (CONN_HEALTH_CHECKS) costs a round trip in each request, as much as a whole look-up. A server that
went away has closed its sockets: that is seen without asking.
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
    """A session that the server has ended is lost like any other: it is no bug of ours."""

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, IdleInTransactionSessionTimeout):
            kind, error = psycopg.OperationalError, psycopg.OperationalError(*error.args)
        super().__exit__(kind, error, trace)


class PreparedCursor(psycopg.Cursor[Any]):
    """Has each statement prepared by the server, once for each connection."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> Any:
        return super().execute(query, params, prepare=True)


class DatabaseWrapper(base.DatabaseWrapper):
    @cached_property
    def wrap_database_errors(self) -> Errors:
        return Errors(self)

    @property
    def pool(self) -> LifoPool | None:
        """As Django's own, of another class."""
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
        """As `cursor()`, for statements of `config.db.statements`."""
        self.ensure_connection()
        cursor: Any = PreparedCursor(self.connection)
        return self.make_debug_cursor(cursor) if self.queries_logged else self.make_cursor(cursor)

    def _set_autocommit(self, autocommit: bool) -> None:
        # A connection of the pool has most often been told before.
        if self.connection.autocommit != autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs leave it out

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        while self.pool and _has_gone(connection):
            self.pool.putconn(connection)  # which throws it away
            connection = super().get_new_connection(conn_params)
        return connection


def _has_gone(connection: psycopg.Connection[Any]) -> bool:
    """Whether the other end was closed since the connection was used last."""
    # Poll, not select(): a descriptor beyond 1023 is no reason to fail.
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    while poll.poll(0):
        try:
            # Its farewell, or only a notice. After a farewell the end is still to be read.
            connection.pgconn.consume_input()
        except psycopg.Error:
            return True
    return connection.broken
