"""Makes the storage what the rows say."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from volumes.models import Volume, VolumeStatus
from volumes.reconciler.sweep import one_pass, watch


class Command(BaseCommand):
    help = "One pass over every unsettled row and a look at every settled volume's data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--watch", action="store_true", help="go on until SIGTERM")

    def handle(self, *, watch: bool, **options: Any) -> None:
        if watch:
            self._watch()
            return
        left, worked_on = one_pass()
        self.stdout.write(f"Worked on {worked_on} rows; {left} are not settled yet.")
        failing = Volume.objects.filter(status=VolumeStatus.ERROR).order_by("id")
        for volume in failing:
            self.stdout.write(f"{volume.ref} {volume.name}: {volume.status_message}")
        if failing:
            raise CommandError("Some volumes are in error; see above.")

    def _watch(self) -> None:
        stop = Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        watch(stop)
