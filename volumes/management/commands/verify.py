"""Check the invariants without changing anything."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from config.commands import CheckedCommand
from volumes.management.cleanup import table
from volumes.verification.report import Outcome, verify


class Command(CheckedCommand):
    help = "Check database and storage against what must hold of both; nothing is changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
        parser.add_argument(
            "--settled",
            action="store_true",
            help="nothing should be under way: what is not settled is a violation too",
        )

    def handle(self, *, settled: bool, **options: Any) -> None:
        outcomes = verify(settled=settled)
        holds = all(outcome.result == "ok" for outcome in outcomes)
        if options["json"]:
            checks = [outcome.described() for outcome in outcomes]
            self.stdout.write(json.dumps({"holds": holds, "checks": checks}, indent=2))
        else:
            self.stdout.write(table([_line(outcome) for outcome in outcomes]))
            for outcome in outcomes:
                self._tell(outcome)
        if not holds:
            raise CommandError("Not everything holds, or could be looked at.")

    def _tell(self, outcome: Outcome) -> None:
        """Print the first violations, and what could not be checked."""
        for example in outcome.examples:
            self.stdout.write(f"{outcome.invariant.value}. {example}")
        if more := outcome.violations - len(outcome.examples):
            self.stdout.write(f"{outcome.invariant.value}. and {more} more")
        for sentence in outcome.unseen:
            self.stdout.write(f"{outcome.invariant.value}. Could not be looked at: {sentence}")
        if outcome.reason:
            self.stdout.write(f"{outcome.invariant.value}. Not looked at: {outcome.reason}")


def _line(outcome: Outcome) -> dict[str, Any]:
    return {
        "": outcome.invariant.value,
        "must hold": outcome.invariant.label,
        "result": outcome.result,
        "violations": outcome.violations or "",
    }
