"""A read-only copy of a volume's data at one moment."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from volumes.models.base import Identified, Reconciled
from volumes.models.environment import Environment
from volumes.models.volume import Volume
from volumes.querysets import SnapshotQuerySet


class SnapshotStatus(models.TextChoices):
    PENDING = "pending"
    READY = "ready"
    DELETING = "deleting"
    ERROR = "error"


class Snapshot(Identified, Reconciled):
    """pending -> ready -> deleting -> (no row), error from any of them and back."""

    prefix = "snap-"

    volume = models.ForeignKey(Volume, on_delete=models.CASCADE, related_name="snapshots")
    environment = models.ForeignKey(
        Environment, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    """Its volume's, which never changes: the reconciler takes turns by it."""
    name = models.CharField(max_length=63)
    size = models.BigIntegerField(help_text="MB (MiB) of the volume at that time")
    status = models.CharField(max_length=8, choices=SnapshotStatus, default=SnapshotStatus.PENDING)
    is_made = models.BooleanField(default=False, editable=False)
    is_deleted = models.BooleanField(default=False, editable=False)
    is_accepted = models.BooleanField(default=False, db_default=False, editable=False)
    """The snapshot is older than marks; False again once it was marked, or found missing."""

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=list(SnapshotStatus)), name="snapshot_status_known"
            ),
        ]
        indexes = [
            # Snapshots older than marks, at the start of a server. Afterwards none.
            models.Index(fields=["id"], condition=Q(is_accepted=True), name="snapshot_accepted"),
            models.Index(
                fields=["environment", "due_at"],
                condition=Q(due_at__isnull=False),
                name="snapshot_due",
            ),
        ]

    def __str__(self) -> str:
        return self.name
