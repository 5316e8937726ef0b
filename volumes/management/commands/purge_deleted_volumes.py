"""Remove the rows of volumes, applications and environments that were deleted long ago."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from config.timestamps import rfc3339
from volumes.management.arguments import days
from volumes.management.cleanup import CleanupCommand
from volumes.models import Application, Environment, Volume
from volumes.reconciler import purging

Row = Volume | Application | Environment


class Command(CleanupCommand):
    help = "Remove the rows (and any data left) of what was deleted longer ago than that."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--older-than", type=days, default=30, metavar="DAYS")
        super().add_arguments(parser)

    def handle(self, *, older_than: int, **options: Any) -> None:
        age = timedelta(days=older_than)
        # Environments last: they go only after what is in them.
        rows: list[Row] = [
            *purging.expired_volumes(age),
            *purging.expired_applications(age),
            *purging.expired_environments(age),
        ]
        self.clean_up(
            rows,
            describe=_describe,
            remove=_purge,
            what="deleted volumes, applications and environments",
            options=options,
        )


def _purge(row: Row) -> bool | None:
    if isinstance(row, Volume):
        return purging.purge_volume(row)
    if isinstance(row, Application):
        return purging.purge_application(row)
    return purging.purge_environment(row)


def _describe(row: Row) -> dict[str, Any]:
    described = {"id": row.ref, "name": row.name}
    if isinstance(row, Volume):
        return described | {
            "environment": str(row.environment_id),
            "size": row.size,
            "status": row.status,
            "deletedAt": rfc3339(row.deleted_at),
        }
    return described | {
        "environment": str(row.environment_id if isinstance(row, Application) else row.pk),
        "size": None,
        "status": "deleted",
        "deletedAt": rfc3339(row.modified_at),
    }
