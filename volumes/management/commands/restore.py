"""Restore a backup into an empty installation."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from config.commands import CheckedCommand
from config.db.usage import server_in_use
from volumes.backup import instructions
from volumes.backup.errors import BackupError
from volumes.backup.restoring import Restored, restore
from volumes.management.interruption import cleaning_up_on_sigterm


class Command(CheckedCommand):
    help = "Put the database and the secret key of a backup into an empty installation."
    applies_migrations = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a backup, or - for standard input")

    def handle(self, *, file: str, **options: Any) -> None:
        if file == "-" and sys.stdin.isatty():
            raise CommandError("Standard input is a terminal: redirect it, or name a file.")
        if server_in_use():
            raise CommandError("A server works with this database: stop it first.")
        try:
            with cleaning_up_on_sigterm():
                restored = _restore(file)
        except BackupError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        self.stdout.write(f"Restored the backup of {restored.manifest.created_at}.")
        if restored.has_other_key:
            self.stdout.write(
                "SECRET_KEY is set to another key than that of the backup, and stays: links to reset"
                " passwords, and browsers that are known, are no longer valid. To keep them, set it"
                f" to the key in the backup: tar -xOf {file} secret_key"
            )
        self.stdout.write(
            "Everybody has to log in again; tokens work as at the time of the backup."
        )
        self.stdout.write(instructions.after_restore(needs_migrate=restored.needs_migrate))


def _restore(file: str) -> Restored:
    if file == "-":
        return restore(sys.stdin.buffer)
    with open(file, "rb") as source:
        return restore(source)
