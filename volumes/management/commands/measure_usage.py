"""Measure the usage of every volume."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from config.commands import CheckedCommand
from volumes.backends import StorageUnavailable
from volumes.models import Volume
from volumes.reconciler.marking import mark_older_data
from volumes.reconciler.usage_samples import sample_all
from volumes.storage import storage


class Command(CheckedCommand):
    help = "Take one usage sample for each volume, and thin old ones."

    def handle(self, **options: Any) -> None:
        try:
            storage().check()
            mark_older_data()
            count = Volume.objects.with_data().count()
            with tqdm(total=count, desc="volumes", unit="", disable=None) as progress:
                measured, failed = sample_all(on_sampled=progress.update)
        except StorageUnavailable as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"Measured {measured} of {count} volumes.")
        for sentence in failed:
            self.stdout.write(f"Could not be measured: {sentence}")
        if failed:
            raise CommandError(f"{len(failed)} could not be measured; see above.")
