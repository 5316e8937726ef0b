"""Write this installation's marker to the storage."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from config.commands import CheckedCommand
from volumes import storage
from volumes.backends import BackendError


class Command(CheckedCommand):
    help = "Prepare STORAGE_ROOT for the chosen backend and put this installation's marker on it."

    def handle(self, **options: Any) -> None:
        try:
            storage.init_storage()
        except BackendError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"{settings.STORAGE_ROOT} belongs to this installation now.")
