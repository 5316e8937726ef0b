"""The application of volumes."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import pre_migrate

from config.schema import refuse_newer_database


class VolumesConfig(AppConfig):
    name = "volumes"

    def ready(self) -> None:
        pre_migrate.connect(refuse_newer_database, sender=self)
