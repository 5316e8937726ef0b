"""Move the installation to another database: from SQLite to PostgreSQL, or back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from tqdm import tqdm

from config.db.tables import count_rows, first_filled, models_with_tables
from config.db.transfer import Contents, clear, contents, copy_sequence, copy_table
from volumes.backup.databases import CONTENT
from volumes.backup.errors import BackupError
from volumes.models import ServerPolicy

ALIAS = "target"


@contextmanager
def connected_to(database: dict[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    """Connect to another database for the block. `database` is an entry of Django's DATABASES."""
    # One connection, held for hours perhaps: a pool would only be in the way.
    options = {name: value for name, value in database["OPTIONS"].items() if name != "pool"}
    settings = {
        DEFAULT_DB_ALIAS: connections.settings[DEFAULT_DB_ALIAS],
        ALIAS: {**database, "OPTIONS": options},
    }
    connections.settings[ALIAS] = connections.configure_settings(settings)[ALIAS]
    try:
        yield connections[ALIAS]
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.settings[ALIAS]


def require_content() -> None:
    """Raise BackupError if there is nothing to move."""
    if first_filled(connection, CONTENT) is None:
        raise BackupError("This installation is empty: there is nothing to move.")


def require_empty(target: BaseDatabaseWrapper) -> None:
    """Raise BackupError if the target has content, of another installation for example."""
    if table := first_filled(target, CONTENT):
        raise BackupError(
            f"The target is not empty: {table} has rows. Name an empty database, or remove its"
            " tables first."
        )


def move(target: BaseDatabaseWrapper) -> int:
    """Copy everything to the migrated, empty target, and compare it. Return the number of rows.

    Writers of this database wait meanwhile, so nothing is left behind. The target gets everything in one
    transaction: an interrupted call leaves it empty. Raises BackupError.
    """
    models = models_with_tables()
    with transaction.atomic(), _write_locks(), transaction.atomic(using=target.alias):
        if target.vendor == "postgresql":
            with target.cursor() as cursor:
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        require_empty(target)
        total = sum(count_rows(connection, [one._meta.db_table for one in models]).values())
        clear(models, target)
        with tqdm(total=2 * total, desc="moving", unit=" rows", disable=None) as bar:

            def advance(rows: int) -> None:
                bar.update(rows)

            read = {one: copy_table(one, connection, target, advance) for one in models}
            for model in models:
                copy_sequence(model, connection, target)
                _compare(model._meta.db_table, read[model], contents(model, target, advance))
        target.check_constraints()
        # No server has run with the new database yet, whose settings a clean-up could be held to.
        ServerPolicy.objects.using(target.alias).all().delete()
    return total


def _compare(table: str, read: Contents, written: Contents) -> None:
    if read.rows != written.rows:
        raise BackupError(f"{table}: {read.rows} rows were read, {written.rows} arrived.")
    if read != written:
        raise BackupError(f"{table}: what arrived differs from what was read.")


@contextmanager
def _write_locks() -> Iterator[None]:
    """Let nobody else write to this database until the transaction ends.

    On SQLite every transaction of Holdfast begins with the write lock.
    """
    if connection.vendor == "postgresql":
        quote = connection.ops.quote_name
        tables = ", ".join(quote(one._meta.db_table) for one in models_with_tables())
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            try:
                cursor.execute(f"LOCK TABLE {tables} IN SHARE MODE")
            except OperationalError:
                raise BackupError("Something writes to the database: stop it first.") from None
    yield
