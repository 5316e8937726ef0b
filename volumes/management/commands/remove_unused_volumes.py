"""Delete volumes that no application has used for a long time."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from accounts.callers import SYSTEM
from config.timestamps import rfc3339
from volumes.management.arguments import days, environment_id
from volumes.management.cleanup import CleanupCommand
from volumes.models import Volume
from volumes.services import cleanup


class Command(CleanupCommand):
    help = "List volumes unattached for that long and, when confirmed, delete them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--unattached-for", type=days, required=True, metavar="DAYS")
        parser.add_argument("--environment", type=environment_id, default=None, metavar="ID")
        super().add_arguments(parser)

    def handle(self, *, unattached_for: int, environment: Any, **options: Any) -> None:
        self.clean_up(
            list(cleanup.unused(timedelta(days=unattached_for), environment)),
            describe=_describe,
            remove=lambda volume: cleanup.delete_unused(volume, SYSTEM) or None,
            what="unused volumes",
            options=options,
        )


def _describe(volume: Volume) -> dict[str, Any]:
    return {
        "id": volume.ref,
        "name": volume.name,
        "environment": str(volume.environment_id),
        "size": volume.size,
        "usedSize": volume.used_size,
        "unattachedSince": rfc3339(volume.detached_at),
    }
