"""Adopt an existing directory as a new volume."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.callers import SYSTEM
from config.commands import CheckedCommand
from config.errors import NotFound, Refused
from volumes.backends import BackendError
from volumes.management.arguments import environment_id, megabytes
from volumes.models import Volume, VolumeStatus
from volumes.reconciler.steps import reconcile_row
from volumes.services.adoption import adopt_volume


class Command(CheckedCommand):
    help = "Rename an existing directory into the storage, as a new volume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--environment", type=environment_id, required=True, metavar="ID")
        parser.add_argument("--name", required=True)
        parser.add_argument("--size", type=megabytes, metavar="MB", help="default: what it uses")
        parser.add_argument("--mount-path", metavar="P")
        parser.add_argument("path", type=Path, metavar="PATH")

    def handle(
        self,
        *,
        environment: uuid.UUID,
        name: str,
        size: int | None,
        mount_path: str | None,
        path: Path,
        **options: Any,
    ) -> None:
        try:
            volume = adopt_volume(
                environment_id=environment,
                path=path,
                name=name,
                size=size,
                mount_path=mount_path,
                actor=SYSTEM,
            )
        except NotFound:
            raise CommandError(f"There is no environment {environment}.") from None
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        except BackendError as error:
            raise CommandError(error.detail) from None
        reconcile_row(Volume.objects.eligible(), volume.pk)
        volume.refresh_from_db()
        if volume.status != VolumeStatus.READY:
            raise CommandError(f"{volume.ref} is {volume.status}: {volume.operator_message}")
        self.stdout.write(f"{volume.ref} {volume.name}: {volume.size} MB at {volume.mount_path}")
