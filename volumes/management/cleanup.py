"""Base of the clean-up commands: list the items, ask, remove them, report the results."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.core.management.base import CommandError
from tqdm import tqdm

from config.commands import CheckedCommand
from volumes.services.policy import policy_conflict

Item = TypeVar("Item")


class CleanupCommand(CheckedCommand):
    """A command that removes items after --no-input or a yes on standard input."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only show what would go")
        parser.add_argument("--no-input", action="store_true", help="do it without asking")
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def check_first(self, **options: Any) -> None:
        """Also refuse to remove under other settings than the server's."""
        super().check_first(**options)
        if not options["dry_run"] and (conflict := policy_conflict()):
            raise CommandError(conflict)

    def clean_up(
        self,
        items: Sequence[Item],
        *,
        describe: Callable[[Item], dict[str, Any]],
        remove: Callable[[Item], bool | None],
        what: str,
        options: dict[str, Any],
        extra: dict[str, Any] | None = None,
    ) -> None:
        """List and remove the items.

        `remove` returns False for an item that could not be removed, None for one that it skipped.
        """
        rows = [describe(item) for item in items]
        # Progress must not end up in the JSON on standard output.
        say = self.stderr if options["json"] else self.stdout
        if not options["json"]:
            self.stdout.write(table(rows) if rows else f"No {what} to remove.")
        results: list[bool | None] = []
        question = f"Remove {len(items)} {what} for good?"
        if items and not options["dry_run"] and self.is_confirmed(question, options):
            results = [remove(item) for item in tqdm(items, desc=what, unit="", disable=None)]
            say.write(f"Removed {results.count(True)} of {len(items)} {what}.")
        if options["json"]:
            found = {
                "found": rows,
                "removed": [row for row, gone in zip(rows, results, strict=False) if gone],
                "failed": [row for row, gone in zip(rows, results, strict=False) if gone is False],
            }
            self.stdout.write(json.dumps(found | (extra or {}), indent=2, default=str))
        if False in results:
            raise CommandError(f"{results.count(False)} of {len(items)} could not be removed.")

    def is_confirmed(self, question: str, options: dict[str, Any], *, name: str = "") -> bool:
        """Ask for a yes or, if there is a name, for that; --no-input answers."""
        if options["no_input"]:
            return True
        self.stderr.write(f"{question} Type {name or 'yes'}: ", ending="")
        self.stderr.flush()
        answer = sys.stdin.readline().strip()
        if answer == name if name else answer.lower() in {"y", "yes"}:
            return True
        self.stderr.write("Nothing was removed.")
        return False


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as a text table with a header."""
    names = list(rows[0])
    cells = [names, *[[str(row[name]) for name in names] for row in rows]]
    widths = [max(len(line[place]) for line in cells) for place in range(len(names))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
