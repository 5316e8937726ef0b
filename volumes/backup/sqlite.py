"""Copies of a SQLite database."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection

from config.db.sqlite3 import copies
from volumes.backup.databases import Content, DatabaseCopier, Progress
from volumes.backup.errors import BackupError


class SqliteCopier(DatabaseCopier):
    vendor = "sqlite"

    def save(self, path: Path, progress: Progress) -> Content:
        with _translated("copied"):
            copies.copy_live(_live(), path, progress)
            with closing(sqlite3.connect(path)) as copy:
                migrations = copy.execute("SELECT app, name FROM django_migrations ORDER BY id")
                installation = copy.execute("SELECT id FROM volumes_installation").fetchone()
                return Content(
                    installation=str(uuid.UUID(installation[0])) if installation else "",
                    migrations=migrations.fetchall(),
                    tables=copies.count_rows(path),
                )

    def check(self, path: Path) -> None:
        with _translated("checked"):
            copies.check(path)

    def load(
        self, path: Path, tables: dict[str, int], statements: Sequence[str], progress: Progress
    ) -> None:
        with _translated("restored"):
            if copies.count_rows(path) != tables:
                raise BackupError("The backup is damaged: the rows of its database do not add up.")
            # In the copy, so that everything becomes visible in one transaction.
            copies.execute(path, statements)
            connection.close()
            copies.load(path, _live(), progress)


def _live() -> Path:
    return Path(connection.settings_dict["NAME"])


@contextmanager
def _translated(done: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BackupError(f"The database cannot be {done}: {error}.") from None
