"""Snapshots: read-only copies of a volume's data."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from volumes.models.base import Reconciled
from volumes.models.environment import Environment
from volumes.models.querysets import CallerLike, ReconciledQuerySet
from volumes.models.volume import Volume


class SnapshotStatus(models.TextChoices):
    PENDING = "pending"
    READY = "ready"
    DELETING = "deleting"
    ERROR = "error"


class Consistency(models.TextChoices):
    """Whether a snapshot has all files of one instant, or copies of files one by one."""

    INSTANT = "instant"
    FILES = "files"


class SnapshotQuerySet(ReconciledQuerySet["Snapshot"]):
    select_with_claim = ("volume",)

    @property
    def claim_values(self) -> dict[str, Any]:  # type: ignore[override]
        """Return the time of the claim, which begins an attempt, and the volume's size at that time."""
        size = Volume.objects.filter(pk=models.OuterRef("volume_id")).values("size")
        return {"copying_since": Now(), "copying_size": models.Subquery(size)}

    def waiting(self) -> Self:
        """Return requested snapshots that are not taken yet."""
        return self.unsettled().filter(
            is_deleted=False, taken_at__isnull=True, take_until__isnull=False
        )

    def missed(self) -> Self:
        """Return snapshots that failed for good."""
        return self.filter(is_deleted=False, taken_at__isnull=True, take_until__isnull=True)

    def live(self) -> Self:
        """Return snapshots that are not deleted. They block a volume's delete and count to its limit."""
        return self.filter(is_deleted=False)

    def visible_to(self, caller: CallerLike) -> Self:
        rows = self.filter(volume__environment__company__memberships__user=caller.user)
        if caller.environment_id is not None:
            rows = rows.filter(volume__environment=caller.environment_id)
        return rows.filter(volume__environment__is_deleted=False)


class Snapshot(Reconciled):
    """A copy of a volume's data at one time.

        pending -> ready                reconciler, when the copy is complete
        pending -> error                reconciler, after a failed attempt or too long a wait: final
        any -> deleting -> (no row)     delete_snapshot; error, and back, if the removal fails

    A failed snapshot is not retried: a later copy would show a later state of the data.
    """

    prefix = "snap-"

    volume = models.ForeignKey(Volume, on_delete=models.CASCADE, related_name="snapshots")
    environment = models.ForeignKey(
        Environment, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    """The volume's environment, which never changes. The fair queue needs it here."""
    name = models.CharField(max_length=63)
    size = models.BigIntegerField(help_text="MB (MiB) of the volume at `taken_at`")
    """Before the copy: the volume's size at the time of the request."""
    status = models.CharField(max_length=8, choices=SnapshotStatus, default=SnapshotStatus.PENDING)
    consistency = models.CharField(
        max_length=7,
        choices=Consistency,
        default=Consistency.FILES,
        db_default=Consistency.FILES,
        editable=False,
    )
    taken_at = models.DateTimeField(null=True, editable=False)
    """When the successful copy began, in database time; null until it has succeeded."""
    copying_since = models.DateTimeField(null=True, editable=False)
    """When the last claim began an attempt, in database time."""
    copying_size = models.BigIntegerField(null=True, editable=False)
    """MB (MiB) of the volume at that time."""
    take_until = models.DateTimeField(null=True, editable=False)
    """Until when an attempt may begin, in database time; null after the last attempt."""
    is_deleted = models.BooleanField(default=False, editable=False)
    is_accepted = models.BooleanField(default=False, db_default=False, editable=False)
    """The snapshot is older than marks. False after it was marked or found missing."""

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=list(SnapshotStatus)), name="snapshot_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status="ready") | Q(taken_at__isnull=False),
                name="snapshot_ready_when_taken",
            ),
        ]
        indexes = [
            # mark_older_data() at the start of a server. Empty afterwards.
            models.Index(fields=["id"], condition=Q(is_accepted=True), name="snapshot_accepted"),
            models.Index(
                fields=["environment", "due_at"],
                condition=Q(due_at__isnull=False),
                name="snapshot_due",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_missed(self) -> bool:
        """Return whether the snapshot failed for good."""
        return self.taken_at is None and self.take_until is None
