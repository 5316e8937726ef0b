"""Write this installation's marker to the storage."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from tqdm import tqdm

from config.commands import CheckedCommand
from volumes import storage
from volumes.backends import BackendError
from volumes.management.arguments import pool_size
from volumes.reconciler.size_limits import limit_existing as limit_all
from volumes.reconciler.size_limits import without_limit
from volumes.reconciler.storage_facts import refresh_storage_facts


class Command(CheckedCommand):
    help = "Prepare STORAGE_ROOT for the chosen backend and put this installation's marker on it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--pool",
            metavar="FILE",
            help="create a file with XFS and mount it at STORAGE_ROOT, or grow it; needs --pool-size",
        )
        parser.add_argument(
            "--pool-size", type=pool_size, metavar="SIZE", help="such as 200GB, at least 300MB"
        )
        parser.add_argument(
            "--preallocate", action="store_true", help="reserve the disk space of the pool"
        )
        parser.add_argument(
            "--limit-existing",
            action="store_true",
            help="enforce the sizes of volumes that were created before that was possible",
        )

    def handle(
        self,
        *,
        pool: str | None,
        pool_size: int | None,
        preallocate: bool,
        limit_existing: bool,
        **options: Any,
    ) -> None:
        if pool is None and (pool_size or preallocate):
            raise CommandError("--pool-size and --preallocate need --pool FILE.", returncode=2)
        if pool is not None and pool_size is None:
            raise CommandError("--pool needs --pool-size SIZE.", returncode=2)
        try:
            instructions = ""
            if pool is not None and pool_size is not None:
                instructions = storage.storage().init_pool(pool, pool_size, preallocate=preallocate)
            storage.init_storage()
            refresh_storage_facts()
            self.stdout.write(f"{settings.STORAGE_ROOT} belongs to this installation now.")
            if instructions:
                self.stdout.write(instructions)
                if reason := storage.storage().capabilities().no_enforcement_reason:
                    self.stdout.write(f"\nSizes are not enforced. {reason}")
            if limit_existing:
                self._limit_existing()
        except BackendError as error:
            raise CommandError(error.detail) from None

    def _limit_existing(self) -> None:
        if reason := storage.storage().capabilities().no_enforcement_reason:
            raise CommandError(f"Sizes cannot be enforced. {reason}")
        count = without_limit().count()
        with tqdm(total=count, desc="volumes", unit="", disable=None) as progress:
            limited, failed = limit_all(progress.update)
        self.stdout.write(f"Limited {limited} of {count} volumes.")
        for sentence in failed:
            self.stdout.write(f"Could not be limited: {sentence}")
        if failed:
            raise CommandError(f"{len(failed)} could not be limited; see above.")
