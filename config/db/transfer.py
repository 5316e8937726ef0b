"""Copies of all rows from one database to another, of any kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Model

BATCH_ROWS = 1000
_MODULUS = 2**256


@dataclass(frozen=True)
class Contents:
    """What a table holds, independent of the order of its rows and of the kind of database."""

    rows: int
    digest: int
    """The sum of the SHA-256 digests of all rows."""


def copy_table(
    model: type[Model],
    source: BaseDatabaseWrapper,
    target: BaseDatabaseWrapper,
    advance: Callable[[int], None],
) -> Contents:
    """Copy the rows of a model's table, and return what was read. No value is computed again."""
    fields = model._meta.concrete_fields
    quote = target.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    values = ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({values})"  # noqa: S608
    count = digest = 0
    with target.cursor() as cursor:
        for batch in _batches(model, source):
            prepared = [
                [
                    field.get_db_prep_save(value, connection=target)
                    for field, value in zip(fields, row, strict=True)
                ]
                for row in batch
            ]
            cursor.executemany(sql, prepared)
            count += len(batch)
            digest = (digest + sum(map(_digest, batch))) % _MODULUS
            advance(len(batch))
    return Contents(count, digest)


def contents(
    model: type[Model], connection: BaseDatabaseWrapper, advance: Callable[[int], None]
) -> Contents:
    """Read the rows of a model's table."""
    count = digest = 0
    for batch in _batches(model, connection):
        count += len(batch)
        digest = (digest + sum(map(_digest, batch))) % _MODULUS
        advance(len(batch))
    return Contents(count, digest)


def copy_sequence(
    model: type[Model], source: BaseDatabaseWrapper, target: BaseDatabaseWrapper
) -> None:
    """Let the target continue with the numbers of an automatic key after the last that was given.

    The largest number in the table is not enough: ids of removed rows are in the history.
    """
    field = model._meta.auto_field
    if isinstance(field, AutoField):
        table, column = model._meta.db_table, str(field.column)
        _set_last(target, table, column, _last(source, table, column))


def clear(models: Iterable[type[Model]], connection: BaseDatabaseWrapper) -> None:
    """Remove the rows that `migrate` wrote."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608


def _batches(model: type[Model], connection: BaseDatabaseWrapper) -> Iterator[list[Any]]:
    """Yield all rows in one statement, so that they belong together, in bounded memory."""
    names = [field.attname for field in model._meta.concrete_fields]
    rows = model._base_manager.using(connection.alias).order_by().values_list(*names)
    remaining = rows.iterator(chunk_size=BATCH_ROWS)
    while batch := list(islice(remaining, BATCH_ROWS)):
        yield batch


def _digest(row: tuple[Any, ...]) -> int:
    text = "\0".join(map(_canonical, row))
    return int.from_bytes(hashlib.sha256(text.encode()).digest())


def _canonical(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)  # PostgreSQL keeps no order of keys
    return repr(value)


def _last(connection: BaseDatabaseWrapper, table: str, column: str) -> int:
    """Return the last number that was given; 0 if none was."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            found = cursor.fetchone()
            return found[0] if found else 0
        cursor.execute(f"SELECT last_value, is_called FROM {_sequence(cursor, table, column)}")  # noqa: S608
        last, is_called = cursor.fetchone()
        return last if is_called else 0


def _set_last(connection: BaseDatabaseWrapper, table: str, column: str, last: int) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
        else:
            sequence = _sequence(cursor, table, column)
            cursor.execute("SELECT setval(%s, %s, %s)", [sequence, max(1, last), last > 0])


def _sequence(cursor: Any, table: str, column: str) -> str:
    """Return the quoted name of the sequence of a column in PostgreSQL."""
    cursor.execute("SELECT pg_get_serial_sequence(quote_ident(%s), %s)", [table, column])
    name: str = cursor.fetchone()[0]
    return name
