"""Take over the storage of an installation whose database is lost."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from tqdm import tqdm

from accounts.callers import SYSTEM
from config.commands import CheckedCommand
from config.errors import NotFound, Refused
from volumes.backends import BackendError
from volumes.management.arguments import environment_id
from volumes.services.takeover import TakeOver, take_over_storage
from volumes.storage import ensure_installation


class Command(CheckedCommand):
    help = "Mark the storage of a lost database as this installation's; each directory is a volume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--environment", type=environment_id, required=True, metavar="ID")

    def handle(self, *, environment: uuid.UUID, **options: Any) -> None:
        ensure_installation()
        try:
            with tqdm(desc="measuring", unit=" volumes", disable=None) as bar:

                def advance(done: int, total: int) -> None:
                    bar.total = total
                    bar.update(done - bar.n)

                result = take_over_storage(
                    environment_id=environment, actor=SYSTEM, advance=advance
                )
        except NotFound:
            raise CommandError(f"There is no environment {environment}.") from None
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        except BackendError as error:
            raise CommandError(error.detail) from None
        self._report(result)

    def _report(self, result: TakeOver) -> None:
        for sentence in [*result.unreadable, *result.unmarked]:
            self.stdout.write(f"Could not be looked at: {sentence}")
        for sentence in result.unmeasured:
            self.stdout.write(f"Could not be measured, and counts as 1 MB: {sentence}")
        self.stdout.write(f"{result.adopted} directories became volumes.")
        if not result.is_complete:
            raise CommandError(
                "The storage is not taken over yet, because a volume may be behind what could not be"
                " looked at. Remove the cause, and run this again."
            )
        self.stdout.write(f"{settings.STORAGE_ROOT} belongs to this installation.")
        if result.overcommitted:
            self.stdout.write(result.overcommitted)
        if result.unmeasured or result.unmarked:
            raise CommandError("Something could not be measured or marked; see above.")
