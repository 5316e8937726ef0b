"""The last known state of the whole storage: one row, so that no request has to access the storage."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class StorageState(models.Model):
    """Whether the storage is available. The reconciler writes it; pages and the admin read it."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    unavailable_since = models.DateTimeField(null=True, editable=False)
    """When the outage was first noticed; null while the storage is available."""
    detail = models.CharField(max_length=2000, blank=True, default="", editable=False)
    """The reason for operators, with the path and the cure."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number=1), name="storage_state_only_one"),
        ]

    def __str__(self) -> str:
        return (
            f"unavailable since {self.unavailable_since}" if self.unavailable_since else "available"
        )
