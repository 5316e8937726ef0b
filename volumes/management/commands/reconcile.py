"""Make the storage match the rows."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import CommandError

from config.commands import CheckedCommand
from config.db.usage import announce_server
from volumes.models import Snapshot, SnapshotStatus, Volume, VolumeStatus
from volumes.reconciler.availability import refresh_availability
from volumes.reconciler.loop import run_forever, run_once
from volumes.reconciler.marking import mark_older_data
from volumes.reconciler.storage_facts import refresh_storage_facts
from volumes.services.policy import record_policy


class Command(CheckedCommand):
    help = "One pass over every unsettled row and a look at every settled volume's data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--watch", action="store_true", help="go on until SIGTERM")

    def handle(self, *, watch: bool, **options: Any) -> None:
        unmarked = mark_older_data()
        if watch:
            self._watch()
            return
        missed_before = set(Snapshot.objects.missed().values_list("pk", flat=True))
        result = run_once()
        detail = refresh_availability()
        self.stdout.write(
            f"Worked on {result.worked_on} rows; {result.unsettled} are not settled yet."
        )
        # Snapshots that failed earlier were not tried again: only new failures count.
        missed = Snapshot.objects.missed().order_by("id")
        failing = [
            *Volume.objects.filter(status=VolumeStatus.ERROR).order_by("id"),
            *Snapshot.objects.filter(status=SnapshotStatus.ERROR, is_deleted=True).order_by("id"),
            *(row for row in missed if row.pk not in missed_before),
        ]
        for failure in unmarked:
            self.stdout.write(f"Could not be marked: {failure}")
        for row in failing:
            self.stdout.write(f"{row.ref} {row.name}: {row.operator_message}")
        for sentence in result.unreadable:
            self.stdout.write(f"Could not be looked at: {sentence}")
        if failing or unmarked or result.unreadable:
            raise CommandError("Something is in error, or could not be looked at; see above.")
        if detail:
            # Settled volumes were not checked while the storage was unavailable.
            raise CommandError(detail)

    def _watch(self) -> None:
        record_policy()
        refresh_storage_facts()
        stop = Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        with announce_server():
            run_forever(stop)
