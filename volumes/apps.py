"""The application of volumes, and its system checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

from volumes.checks import check_storage_settings


class VolumesConfig(AppConfig):
    name = "volumes"

    def ready(self) -> None:
        checks.register(check_storage_settings)
