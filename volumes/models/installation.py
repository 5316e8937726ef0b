"""This installation, whose id is also in the storage's marker, and its last storage scan."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7


class Installation(models.Model):
    """Ties the database to its storage, and records when each periodic job last began."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    id = models.UUIDField(default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True, editable=False)
    """When the last check of all settled volumes' data began, in any process."""
    measured_at = models.DateTimeField(null=True, editable=False)
    scan_begun_at = models.DateTimeField(null=True, editable=False)
    purged_at = models.DateTimeField(null=True, editable=False)
    pruned_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number=1), name="installation_only_one"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class StorageScan(models.Model):
    """The result of the last comparison of storage and rows: one row, overwritten each time."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    at = models.DateTimeField()
    orphans = models.PositiveIntegerField(default=0)
    """Number of volumes and snapshots in the storage without a row."""
    examples = models.JSONField(default=list)
    """The first orphans: `volume` and `snapshot`, as the storage names them."""
    missing = models.PositiveIntegerField(default=0)
    unreadable = models.JSONField(default=list)
    """The first sentences about items that could not be read."""
    is_plausible = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number=1), name="storage_scan_only_last"),
        ]

    def __str__(self) -> str:
        return f"scan of {self.at}"
