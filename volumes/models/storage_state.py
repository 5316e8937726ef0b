"""What was last seen of the storage as a whole: one row, so that no request has to ask the storage."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class StorageState(models.Model):
    """Whether the storage is available. The reconciler writes it; pages and the admin read it."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    unavailable_since = models.DateTimeField(null=True, editable=False)
    """When it was first seen to be unavailable; null while it is available."""
    detail = models.CharField(max_length=2000, blank=True, default="", editable=False)
    """Why, for operators: with the path and the cure."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number=1), name="storage_state_only_one"),
        ]

    def __str__(self) -> str:
        return (
            f"unavailable since {self.unavailable_since}" if self.unavailable_since else "available"
        )
