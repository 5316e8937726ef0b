"""Say what is wrong with the storage."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from config.commands import CheckedCommand
from volumes.verification.storage import diagnose_storage

MAX_SHOWN = 100
"""Problems that are printed; JSON has all."""


class Command(CheckedCommand):
    help = "Say what is wrong with the storage, where, and what to do; nothing is changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")

    def handle(self, **options: Any) -> None:
        found = diagnose_storage()
        facts = {"backend": settings.STORAGE_BACKEND, **found.facts}
        if options["json"]:
            problems = [asdict(problem) for problem in found.problems]
            report = {"ok": not problems, "facts": facts, "problems": problems}
            self.stdout.write(json.dumps(report, indent=2))
        else:
            for name, value in facts.items():
                self.stdout.write(f"{name}: {value}")
            for one in found.problems[:MAX_SHOWN]:
                self.stdout.write(f"{one.path} {one.problem}. {one.cure}")
            if not found.problems:
                self.stdout.write("Nothing is wrong.")
        if number := len(found.problems):
            raise CommandError("1 problem." if number == 1 else f"{number} problems.")
