"""Erase a person from the database."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.callers import SYSTEM
from accounts.management.people import add_username, person_named
from config.errors import Refused
from volumes.management.cleanup import CleanupCommand, table
from volumes.services import erasure


class Command(CleanupCommand):
    help = (
        "Replace a person's name, e-mail address and client addresses by a pseudonym, everywhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_username(parser)
        super().add_arguments(parser)

    def handle(self, *, username: str, **options: Any) -> None:
        person = person_named(username)
        counted = erasure.count_traces(person)
        rows = [{"kind": kind, "rows": number} for kind, number in sorted(counted.items())]
        report: dict[str, Any] = {"found": rows, "removed": [], "failed": [], "pseudonym": None}
        if not options["json"]:
            self.stdout.write(table(rows) if rows else f"{username} is erased already.")
        question = f"Erase {username} for good?"
        if rows and not options["dry_run"] and self.is_confirmed(question, options):
            try:
                report["pseudonym"] = erasure.erase_person(person=person, actor=SYSTEM)
            except Refused as refusal:
                raise CommandError(str(refusal)) from None
            report["removed"] = rows
            say = self.stderr if options["json"] else self.stdout
            say.write(f"{username} is now {report['pseudonym']}.")
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=2))
