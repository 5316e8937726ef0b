"""Copies of a PostgreSQL database, by pg_dump and pg_restore."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from config.db.postgresql.client_programs import ClientProgramError, ClientPrograms
from config.db.tables import MIGRATIONS_TABLE, count_rows, existing_tables, table_names
from volumes.backup.databases import Content, DatabaseCopier, Progress
from volumes.backup.errors import BackupError
from volumes.models import Installation

UNFINISHED = "holdfast_unfinished_restore"
"""A table that is there from the first change of a restore to its last."""
_NEEDS_TRIGRAMS = re.compile(r"\bINDEX \S+ volume_part_of_name\b")
"""The entry of the only index that needs an extension. Searches work without it."""


class PostgresqlCopier(DatabaseCopier):
    vendor = "postgresql"

    def filled_table(self) -> str | None:
        if existing_tables(connection, [UNFINISHED]):
            return None
        return super().filled_table()

    def save(self, path: Path, progress: Progress) -> Content:
        tables = existing_tables(connection, table_names())
        done = 0

        def report(size: int) -> None:
            nonlocal done
            done += size
            progress(done, 0)

        # The dump has exactly the rows that are counted here: both read the same snapshot.
        with transaction.atomic(), connection.cursor() as cursor, open(path, "xb") as file:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
            content = _content(cursor, tables)
            with _translated():
                _programs().dump(tables, snapshot, file, report)
        return content

    def check(self, path: Path) -> None:
        with _translated():
            _programs().list_entries(path)

    def load(
        self, path: Path, tables: dict[str, int], statements: Sequence[str], progress: Progress
    ) -> None:
        with _translated():
            entries = _programs().list_entries(path)
        has_trigrams = _create_trigrams()
        self._begin(sorted({*table_names(), *filter(_is_ours, tables)}))
        wanted = [one for one in entries if has_trigrams or not _NEEDS_TRIGRAMS.search(one)]
        listing = path.with_name("entries")
        listing.write_text("\n".join(wanted) + "\n", encoding="utf-8")
        connection.close()
        with _translated():
            _programs().restore(path, listing)
        if count_rows(connection, tables) != tables:
            raise BackupError("The backup is damaged: the rows of its database do not add up.")
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in [*statements, f"DROP TABLE {UNFINISHED}"]:
                cursor.execute(statement)

    def _begin(self, names: Sequence[str]) -> None:
        """Remove the empty tables that `migrate` made, or those of an interrupted restore."""
        quote = connection.ops.quote_name
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            for name in names:
                cursor.execute(f"DROP TABLE IF EXISTS {quote(name)} CASCADE")
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {UNFINISHED} ()")


def _is_ours(table: str) -> bool:
    """Return whether a table of a backup belongs to an application of this installation."""
    return any(table.startswith(f"{app.label}_") for app in apps.get_app_configs())


def _programs() -> ClientPrograms:
    parameters: dict[str, Any] = connection.get_connection_params()
    connection.ensure_connection()
    return ClientPrograms(parameters, connection.connection.info.server_version)


def _content(cursor: Any, tables: Sequence[str]) -> Content:
    cursor.execute(f"SELECT app, name FROM {MIGRATIONS_TABLE} ORDER BY id")  # noqa: S608
    migrations = [(app, name) for app, name in cursor.fetchall()]
    installation = Installation.objects.values_list("id", flat=True).first()
    return Content(
        installation=str(installation or ""),
        migrations=migrations,
        tables=count_rows(connection, tables),
    )


def _create_trigrams() -> bool:
    """Create the extension of the search index if that is allowed. Return whether it is there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT installed_version IS NOT NULL,"
            " has_database_privilege(current_database(), 'CREATE')"
            " FROM pg_available_extensions WHERE name = 'pg_trgm'"
        )
        installed, allowed = cursor.fetchone() or (False, False)
        if not installed and allowed:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        return bool(installed or allowed)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientProgramError as error:
        raise BackupError(str(error)) from None
