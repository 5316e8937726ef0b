"""Back up the database and the secret key."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from config.commands import CheckedCommand
from config.setting_sources import is_set
from volumes.backup import instructions
from volumes.backup.creation import back_up_to_file, back_up_to_pipe
from volumes.backup.errors import BackupError
from volumes.backup.manifest import Manifest
from volumes.management.interruption import cleaning_up_on_sigterm


class Command(CheckedCommand):
    help = "Write a consistent copy of database and secret key to one file, while the server runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a new file, or - for standard output")

    def handle(self, *, file: str, **options: Any) -> None:
        is_pipe = file == "-"
        if is_pipe and sys.stdout.isatty():
            raise CommandError("Standard output is a terminal: redirect it, or name a file.")
        try:
            with cleaning_up_on_sigterm():
                manifest = (
                    back_up_to_pipe(sys.stdout.buffer) if is_pipe else back_up_to_file(Path(file))
                )
        except BackupError as error:
            raise CommandError(str(error)) from None
        say = self.stderr if is_pipe else self.stdout
        say.write(_describe("standard output" if is_pipe else file, manifest))
        say.write(instructions.after_backup())


def _describe(place: str, manifest: Manifest) -> str:
    """Return one sentence about the backup, and what about it is easily forgotten."""
    people = _counted(manifest.tables.get("accounts_user", 0), "account")
    volumes = _counted(manifest.tables.get("volumes_volume", 0), "volume")
    where = "SECRET_KEY" if is_set("SECRET_KEY") else "DATA_DIR/secret_key"
    return (
        f"Wrote {place} and checked it: {manifest.database.size:,} bytes of the database with"
        f" {people} and {volumes}, deleted ones included. It also holds the secret key (from {where}):"
        " let nobody else read it."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
