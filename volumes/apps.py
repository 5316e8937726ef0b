"""The application of volumes, and its system checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import pre_migrate

from config.schema import refuse_newer_database
from volumes.checks import check_storage_settings


class VolumesConfig(AppConfig):
    name = "volumes"

    def ready(self) -> None:
        checks.register(check_storage_settings)
        pre_migrate.connect(refuse_newer_database, sender=self)
