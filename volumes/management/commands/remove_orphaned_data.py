"""Removes data that no row knows, and reports rows whose data is missing."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError

from volumes.api.wire import moment
from volumes.backends import BackendError
from volumes.management.arguments import hours
from volumes.management.cleanup import CleanupCommand, table
from volumes.models import Volume
from volumes.reconciler.scan import Orphan, scan
from volumes.services import cleanup


class Command(CleanupCommand):
    help = "Remove data in the storage that no row knows, unchanged for that long."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--older-than", type=hours, default=24, metavar="HOURS")
        super().add_arguments(parser)

    def handle(self, *, older_than: int, **options: Any) -> None:
        try:
            found = scan(timedelta(hours=older_than))
        except BackendError as error:
            raise CommandError(error.detail) from None
        missing = [_describe_missing(volume) for volume in found.missing]
        if missing and not options["json"]:
            self.stdout.write(f"Data is missing:\n{table(missing)}\n")
        if not found.is_plausible:
            raise CommandError(
                "More than half of what lies there is unknown, or of the rows is without data. An old "
                "database or another disk is likelier than that: nothing is removed."
            )
        self.clean_up(
            found.orphans,
            describe=_describe,
            remove=self._remove,
            what="orphans",
            options=options,
            extra={"missing": missing},
        )

    def _remove(self, orphan: Orphan) -> bool:
        try:
            cleanup.remove_orphan(orphan)
        except BackendError as error:
            self.stderr.write(f"{orphan.handle}: {error.detail}")
            return False
        return True


def _describe(orphan: Orphan) -> dict[str, Any]:
    return {
        "volume": orphan.handle,
        "snapshot": orphan.snapshot or "",
        "unchangedSince": moment(orphan.unchanged_since),
    }


def _describe_missing(volume: Volume) -> dict[str, Any]:
    return {"id": volume.ref, "name": volume.name, "environment": str(volume.environment_id)}
