"""Plain SQL into a service's database, past the service."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import psycopg

from tests.benchmarks import processes
from tests.support.postgres import PrivatePostgres

Rows = Iterable[tuple[object, ...]]


class Database(Protocol):
    url: str

    def execute(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """One statement with %s for its values. Returns what it finds."""

    def fill(self, table: str, columns: Iterable[str], rows: Rows) -> None:
        """Add rows, by the fastest way there is."""

    def tidy(self) -> None:
        """Leave nothing for later that would fall into the next run: dead rows, dirty pages."""

    def cpu(self) -> float:
        """Processor seconds of its server until now."""


NewDatabase = Callable[[Path], Database]
"""One for the service that has this directory."""


class Postgres:
    def __init__(self, server: PrivatePostgres, name: str) -> None:
        self.server = server
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        self.url = urlsplit(server.url)._replace(path=f"/{name}").geturl()

    def execute(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            done = connection.execute(sql.encode(), values)
            return done.fetchall() if done.description else []

    def fill(self, table: str, columns: Iterable[str], rows: Rows) -> None:
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()
        with (
            psycopg.connect(self.url) as connection,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def tidy(self) -> None:
        self.execute("VACUUM ANALYZE")
        self.execute("CHECKPOINT")

    def cpu(self) -> float:
        return processes.seconds(self.server.pid)


class Sqlite:
    """As Django keeps values in it: identifiers as 32 hexadecimal digits, times as text."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"

    def execute(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(self._connect()) as connection:
            return connection.execute(_marks(sql), [_kept(value) for value in values]).fetchall()

    def fill(self, table: str, columns: Iterable[str], rows: Rows) -> None:
        names = list(columns)
        marks = ", ".join("?" for _ in names)
        statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
        with closing(self._connect()) as connection:
            connection.execute("BEGIN")
            connection.executemany(statement, ([_kept(value) for value in row] for row in rows))
            connection.execute("COMMIT")

    def tidy(self) -> None:
        self.execute("ANALYZE")
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def cpu(self) -> float:
        return 0.0  # it works inside the service

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=20, isolation_level=None)


def _marks(sql: str) -> str:
    return sql.replace("%s", "?")


def _kept(value: object) -> object:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    return value
