"""Copies of SQLite databases by SQLite's online backup API, while other processes read and write."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

Progress = Callable[[int, int], None]
"""Called with the pages that are copied and the pages of the whole database."""

STEP_PAGES = 2048
"""Pages that are copied between two calls of the progress: 8 MiB."""
STALL_TIMEOUT = 60.0  # seconds without a copied page: another process holds a lock


def copy_live(source: Path, target: Path, progress: Progress) -> None:
    """Copy the database at `source` as of this moment to the new file `target`.

    Writers go on: a read transaction keeps the state of this moment, and in WAL mode it blocks nobody.
    `target` is one file without a journal. Raises sqlite3.Error.
    """
    with (
        closing(_connect(source, "rw")) as live,
        closing(_connect(target, "rwc")) as copy,
    ):
        copy.execute("PRAGMA synchronous=OFF")  # the caller makes the finished file durable
        live.execute("BEGIN")
        # The transaction takes its snapshot with the first read. Without it, each foreign write would
        # restart the copy.
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        live.backup(copy, pages=STEP_PAGES, progress=_Watch(progress))
        live.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")


def load(copy: Path, live: Path, progress: Progress) -> None:
    """Replace the content of the database at `live` with that of `copy`, all or nothing.

    A crash leaves the old content: SQLite rolls the unfinished transaction back. Raises sqlite3.Error.
    """
    with (
        closing(_connect(copy, "ro")) as source,
        closing(_connect(live, "rwc")) as target,
    ):
        source.backup(target, pages=STEP_PAGES, progress=_Watch(progress))
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(live, "rb") as file:
        os.fsync(file.fileno())


def check(path: Path) -> None:
    """Raise sqlite3.DatabaseError unless the database at `path`, which nobody writes, is intact."""
    with closing(_connect(path, "ro")) as database:
        (result,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if result != "ok":
        raise sqlite3.DatabaseError(result)


def count_rows(path: Path) -> dict[str, int]:
    """Return the number of rows of each table."""
    with closing(_connect(path, "ro")) as database:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%'"
        names = [name for (name,) in database.execute(f"{sql} ESCAPE '~' ORDER BY name")]
        return {name: _count(database, name) for name in names}


def execute(path: Path, statements: Iterable[str]) -> None:
    """Execute statements in the database at `path`, which nobody else uses, in one transaction."""
    with closing(_connect(path, "rw")) as database:
        database.execute("PRAGMA secure_delete=ON")
        database.execute("BEGIN")
        for statement in statements:
            database.execute(statement)
        database.execute("COMMIT")


def _count(database: sqlite3.Connection, table: str) -> int:
    escaped = table.replace('"', '""')
    number: int = database.execute(f'SELECT count(*) FROM "{escaped}"').fetchone()[0]  # noqa: S608
    return number


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=20, isolation_level=None)


class _Watch:
    """Reports the progress, and ends a copy that makes none: SQLite itself would wait for ever."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.remaining = -1
        self.since = time.monotonic()

    def __call__(self, status: int, remaining: int, total: int) -> None:
        now = time.monotonic()
        if remaining != self.remaining:
            self.remaining, self.since = remaining, now
        elif now - self.since > STALL_TIMEOUT:
            raise sqlite3.OperationalError("database is locked by another process")
        self.progress(total - remaining, total)
