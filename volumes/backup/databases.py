"""Copies of this installation's database: how each kind of database is saved, checked and loaded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from accounts.models import Company, Revision, User
from config.db.tables import first_filled
from volumes.backup.manifest import DATABASE_FILES, Migration
from volumes.models import Environment, Volume

CONTENT = (User, Company, Environment, Volume, Revision)
"""A database without rows of these is empty: `migrate` and the first `serve` write none of them."""

Progress = Callable[[int, int], None]
"""Called with what is done and what is to be done, in any unit; 0 of the second if that is unknown."""


@dataclass(frozen=True)
class Content:
    """What a copy holds."""

    installation: str
    migrations: list[Migration]
    tables: dict[str, int]
    """The number of rows of each table."""


class DatabaseCopier(ABC):
    """Saves the database of the settings to a file, and loads it from one.

    Its methods raise BackupError, and the errors of the database.
    """

    vendor: str

    @property
    def file_name(self) -> str:
        return DATABASE_FILES[self.vendor]

    def filled_table(self) -> str | None:
        """Return a table that has rows, so that nothing can be restored here; None if all are empty."""
        return first_filled(connection, CONTENT)

    @abstractmethod
    def save(self, path: Path, progress: Progress) -> Content:
        """Copy the database as of one moment to the new file `path`, while others write."""

    @abstractmethod
    def check(self, path: Path) -> None:
        """Read the copy back; raise if it is damaged."""

    @abstractmethod
    def load(
        self, path: Path, tables: dict[str, int], statements: Sequence[str], progress: Progress
    ) -> None:
        """Make the copy at `path` the content of the database, then execute the statements.

        `tables` are those of the copy. An interrupted call leaves a database that is empty, or that
        `filled_table` takes for empty.
        """
