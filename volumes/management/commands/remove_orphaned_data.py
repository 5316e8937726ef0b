"""Remove data without a row, and report rows whose data is missing."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError

from config.timestamps import rfc3339
from volumes.backends import BackendError, StorageUnavailable
from volumes.backends.texts import quoted
from volumes.management.arguments import hours
from volumes.management.cleanup import CleanupCommand, table
from volumes.models import Installation, Volume
from volumes.reconciler import orphans
from volumes.reconciler.orphans import Orphan, scan

WHERE_IT_IS = "It is in the file .holdfast in STORAGE_ROOT."


class Command(CleanupCommand):
    help = "Remove data in the storage that no row knows, unchanged for that long."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--older-than", type=hours, default=24, metavar="HOURS")
        parser.add_argument(
            "--force",
            metavar="INSTALLATION_ID",
            help="remove it although most, or all, of the storage is unknown to the database",
        )
        super().add_arguments(parser)

    def handle(self, *, older_than: int, force: str | None, **options: Any) -> None:
        if force is not None and force != _installation_id():
            raise CommandError(f"{quoted(force)} is not the id of this installation. {WHERE_IT_IS}")
        try:
            found = scan(timedelta(hours=older_than))
        except StorageUnavailable as error:
            raise CommandError(error.detail) from None
        missing = [_describe_missing(volume) for volume in found.missing]
        if missing and not options["json"]:
            self.stdout.write(f"Data is missing:\n{table(missing)}\n")
        if found.unreadable and not options["json"]:
            for sentence in found.unreadable:
                self.stdout.write(f"Could not be looked at: {sentence}")
        is_refused = bool(found.doubt) and force is None
        if is_refused:
            options["dry_run"] = True
        self.clean_up(
            found.orphans,
            describe=_describe,
            remove=self._remove,
            what="orphans",
            options=options,
            extra={"missing": missing, "unreadable": found.unreadable},
        )
        if is_refused:
            raise CommandError(
                f"{found.doubt} An old database or another disk is likelier than that: nothing is"
                " removed. If it is right all the same, run this again with --force and the"
                f" installation's id. {WHERE_IT_IS}"
            )
        if found.unreadable:
            raise CommandError(f"{len(found.unreadable)} could not be looked at; see above.")

    def _remove(self, orphan: Orphan) -> bool:
        try:
            orphans.remove(orphan)
        except BackendError as error:
            self.stderr.write(f"{orphan.handle}: {error.detail}")
            return False
        return True


def _installation_id() -> str:
    return str(Installation.objects.values_list("id", flat=True).first())


def _describe(orphan: Orphan) -> dict[str, Any]:
    return {
        "volume": orphan.handle,
        "snapshot": orphan.snapshot or "",
        "unchangedSince": rfc3339(orphan.unchanged_since),
    }


def _describe_missing(volume: Volume) -> dict[str, Any]:
    return {"id": volume.ref, "name": volume.name, "environment": str(volume.environment_id)}
