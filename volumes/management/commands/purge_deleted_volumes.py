"""Remove the rows of volumes that were deleted long ago."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from config.timestamps import rfc3339
from volumes.management.arguments import days
from volumes.management.cleanup import CleanupCommand
from volumes.models import Volume
from volumes.services import cleanup


class Command(CleanupCommand):
    help = "Remove the rows (and any data left) of volumes deleted longer ago than that."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--older-than", type=days, default=30, metavar="DAYS")
        super().add_arguments(parser)

    def handle(self, *, older_than: int, **options: Any) -> None:
        self.clean_up(
            list(cleanup.expired_deletions(timedelta(days=older_than))),
            describe=_describe,
            remove=cleanup.purge,
            what="deleted volumes",
            options=options,
        )


def _describe(volume: Volume) -> dict[str, Any]:
    return {
        "id": volume.ref,
        "name": volume.name,
        "environment": str(volume.environment_id),
        "size": volume.size,
        "status": volume.status,
        "deletedAt": rfc3339(volume.deleted_at),
    }
