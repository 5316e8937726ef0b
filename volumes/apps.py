"""The application of volumes, and its system checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

from volumes.checks import check_volume_owner


class VolumesConfig(AppConfig):
    name = "volumes"

    def ready(self) -> None:
        checks.register(check_volume_owner)
