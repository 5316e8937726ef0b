"""The base of all commands of Holdfast."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection

from config.schema import schema_problem


class CheckedCommand(BaseCommand):
    """Stops with one line, before `handle`, if the database and the code do not fit together.

    `config.startup` has checked the user that the command runs as.
    """

    applies_migrations = False
    """True if `handle` begins by applying the missing migrations."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.check_first(**options)
        return super().execute(*args, **options)

    def check_first(self, **options: Any) -> None:
        """Raise CommandError if the command must not run with these options."""
        try:
            _connect_once()
            problem = schema_problem(will_migrate=self.applies_migrations)
        except Error as error:
            cause = str(error).partition("\n")[0]
            raise CommandError(f"The database does not answer: {cause}") from None
        if problem:
            raise CommandError(problem)


def _connect_once() -> None:
    """Raise `django.db.Error` with the cause. A pool retries for seconds, and only logs the cause."""
    engine: Any = connection  # the stubs leave it out
    with engine.wrap_database_errors:
        engine.Database.connect(**engine.get_connection_params()).close()
