"""Remove old history."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from volumes.management.arguments import days
from volumes.management.cleanup import CleanupCommand, table
from volumes.services import retention


class Command(CleanupCommand):
    help = "Remove history older than that, but keep what `verify` needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--older-than", type=days, required=True, metavar="DAYS")
        parser.add_argument(
            "--export",
            type=Path,
            metavar="FILE",
            help="write the entries there first, as JSON lines",
        )
        super().add_arguments(parser)

    def handle(self, *, older_than: int, export: Path | None, **options: Any) -> None:
        before = timezone.now() - timedelta(days=older_than)
        found = retention.count_old_history(before)
        if not options["json"]:
            self.stdout.write(table(_rows(found)) if found else "No history entries to remove.")
        removed: Counter[str] = Counter()
        may_remove = found and not options["dry_run"]
        question = f"Remove {found.total()} history entries for good?"
        if may_remove and self.is_confirmed(question, options):
            removed = self._prune(before, export, found.total())
            say = self.stderr if options["json"] else self.stdout
            say.write(f"Removed {removed.total()} of {found.total()} history entries.")
        if options["json"]:
            report = {"found": _rows(found), "removed": _rows(removed), "failed": []}
            self.stdout.write(json.dumps(report, indent=2))

    def _prune(self, before: datetime, export: Path | None, total: int) -> Counter[str]:
        with tqdm(total=total, desc="history entries", unit="", disable=None) as progress:
            if export is None:
                return retention.prune_history(before, on_removed=progress.update)
            try:
                return retention.export_and_prune_history(
                    before, export, on_removed=progress.update
                )
            except OSError as error:
                raise CommandError(f"The export failed, so nothing was removed: {error}") from None


def _rows(counted: Counter[str]) -> list[dict[str, Any]]:
    return [{"subject": subject, "entries": counted[subject]} for subject in sorted(counted)]
