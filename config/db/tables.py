"""The tables of this installation: what belongs to it in a database that others may share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

MIGRATIONS_TABLE = MigrationRecorder.Migration._meta.db_table


def models_with_tables() -> list[type[Model]]:
    """Return every model that has a table of its own, those of many-to-many relations included."""
    models = apps.get_models(include_auto_created=True)
    return [one for one in models if one._meta.managed and not one._meta.proxy]


def table_names() -> list[str]:
    """Return the names of all tables that migrations create."""
    return sorted({MIGRATIONS_TABLE, *(one._meta.db_table for one in models_with_tables())})


def existing_tables(connection: BaseDatabaseWrapper, names: Iterable[str]) -> list[str]:
    """Return the given tables that exist, in the given order."""
    with connection.cursor() as cursor:
        found = set(connection.introspection.table_names(cursor))
    return [name for name in names if name in found]


def count_rows(connection: BaseDatabaseWrapper, names: Iterable[str]) -> dict[str, int]:
    """Return the exact row count of each table."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        return {name: _count(cursor, quote(name)) for name in names}


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  (the name is quoted)
    number: int = cursor.fetchone()[0]
    return number


def first_filled(connection: BaseDatabaseWrapper, models: Iterable[type[Model]]) -> str | None:
    """Return the first table that has a row, in the order of the models; None if all are empty."""
    names = existing_tables(connection, [one._meta.db_table for one in models])
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(name)} LIMIT 1")  # noqa: S608
            if cursor.fetchone():
                return name
    return None
