"""Accept the present directory as a volume's data."""

from __future__ import annotations

import time
import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.callers import SYSTEM
from config.commands import CheckedCommand
from config.errors import NotFound, Refused
from volumes.management.arguments import volume_id
from volumes.models import Volume, VolumeStatus
from volumes.reconciler.steps import reconcile_row
from volumes.services.acceptance import accept_data

MAX_WAIT = 30.0  # seconds to wait for another process that has leased the volume: more than a lease


class Command(CheckedCommand):
    help = "Accept the directory that is there now as the data of a volume that lost its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("volume", type=volume_id, metavar="VOLUME")

    def handle(self, *, volume: uuid.UUID, **options: Any) -> None:
        try:
            accepted = accept_data(volume_id=volume, actor=SYSTEM)
        except NotFound:
            raise CommandError(f"There is no volume {Volume.prefix}{volume}.") from None
        except Refused as refusal:
            raise CommandError(f"{Volume.prefix}{volume}: {refusal}") from None
        until = time.monotonic() + MAX_WAIT
        while _is_waiting(accepted) and time.monotonic() < until:
            time.sleep(0.2)
        if accepted.status != VolumeStatus.READY:
            reason = accepted.operator_message
            raise CommandError(f"{accepted.ref} is {accepted.status}: {reason}")
        self.stdout.write(f"{accepted.ref} {accepted.name}: what is there now is its data.")


def _is_waiting(volume: Volume) -> bool:
    """Reconcile the volume. Return True while another process has leased it."""
    reconcile_row(Volume.objects.eligible(), volume.pk)
    volume.refresh_from_db()
    return volume.is_accepted and volume.lease_owner is not None
