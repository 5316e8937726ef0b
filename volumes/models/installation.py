"""This installation: one row, whose id is on the storage's marker as well, and how that storage was."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7


class Installation(models.Model):
    """Ties the database to its storage, and remembers when the periodic work was last begun."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    id = models.UUIDField(default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True, editable=False)
    """When the last look at every settled volume's data began, in whichever process."""
    measured_at = models.DateTimeField(null=True, editable=False)
    scan_begun_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number=1), name="installation_only_one"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class StorageScan(models.Model):
    """What the last comparison of the storage with the rows found: one row, written over each time."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    at = models.DateTimeField()
    orphans = models.PositiveIntegerField(default=0)
    """How much data no row knows, counted in volumes and snapshots."""
    examples = models.JSONField(default=list)
    """The first of them: `volume` and `snapshot`, as the storage names them."""
    missing = models.PositiveIntegerField(default=0)
    unreadable = models.JSONField(default=list)
    """The first sentences about what could not be looked at."""
    is_plausible = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number=1), name="storage_scan_only_last"),
        ]

    def __str__(self) -> str:
        return f"scan of {self.at}"
