"""Move the installation to another database."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from config.commands import CheckedCommand
from config.db.usage import server_in_use
from config.env import parse_database
from config.setting_sources import BadSetting
from config.subcommand import run_with_database
from volumes.backup.errors import BackupError
from volumes.backup.moving import connected_to, move, require_content, require_empty


class Command(CheckedCommand):
    help = "Copy everything to an empty database, from SQLite to PostgreSQL or back, and verify it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, metavar="URL", help="as DATABASE_URL has it")

    def handle(self, *, to: str, **options: Any) -> None:
        try:
            database = parse_database("--to", to)
        except BadSetting as error:
            raise CommandError(str(error), returncode=2) from None
        if server_in_use():
            raise CommandError("A server works with this database: stop it first.")
        try:
            require_content()
            with connected_to(database) as target:
                require_empty(target)
                self._run(to, "migrate", "--verbosity=0", "--no-input")
                rows = move(target)
        except BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Moved {rows} rows and compared each table.")
        # A process of its own: code that has used this database may keep what fits only it.
        verified = run_with_database(to, "verify")
        self.stdout.write(verified.stdout)
        if verified.returncode:
            raise CommandError(
                f"Everything is in the new database, but `verify` fails: {_last_line(verified.stderr)}"
            )
        self.stdout.write(
            "Set DATABASE_URL to the new database before you start the server. The old one is as it"
            " was: keep it until you are sure, and let no server use it."
        )

    def _run(self, url: str, *arguments: str) -> None:
        done = run_with_database(url, *arguments)
        if done.returncode:
            reason = _last_line(done.stderr)
            raise BackupError(f"The target cannot be prepared (`{arguments[0]}`): {reason}")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason is given"])[-1].removeprefix("CommandError: ")
