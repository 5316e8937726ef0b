"""A read-only copy of a volume's data, as of one moment."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from volumes.models.base import Identified, Reconciled
from volumes.models.environment import Environment
from volumes.models.querysets import CallerLike, ReconciledQuerySet
from volumes.models.volume import Volume


class SnapshotStatus(models.TextChoices):
    PENDING = "pending"
    READY = "ready"
    DELETING = "deleting"
    ERROR = "error"


class Consistency(models.TextChoices):
    """What a snapshot is a copy of; backends declare it."""

    INSTANT = "instant"
    FILES = "files"


class SnapshotQuerySet(ReconciledQuerySet["Snapshot"]):
    followed = ("volume",)

    @property
    def marks_of_claim(self) -> dict[str, Any]:  # type: ignore[override]
        """An attempt begins with the claim: when that is, and how large the volume is then."""
        size = Volume.objects.filter(pk=models.OuterRef("volume_id")).values("size")
        return {"copying_since": Now(), "copying_size": models.Subquery(size)}

    def waiting(self) -> Self:
        """Wanted and not taken yet."""
        return self.unsettled().filter(
            is_deleted=False, taken_at__isnull=True, take_until__isnull=False
        )

    def missed(self) -> Self:
        """What could not be taken, for good."""
        return self.filter(is_deleted=False, taken_at__isnull=True, take_until__isnull=True)

    def quick(self) -> Self:
        return self.none()

    def bulk(self) -> Self:
        return self.all()

    def live(self) -> Self:
        """Not on its way out: what blocks a volume's delete and counts towards its maximum."""
        return self.filter(is_deleted=False)

    def visible_to(self, caller: CallerLike) -> Self:
        found = self.filter(volume__environment__company__memberships__user=caller.user)
        if caller.environment_id is not None:
            found = found.filter(volume__environment=caller.environment_id)
        return found.filter(volume__environment__is_deleted=False)


class Snapshot(Identified, Reconciled):
    """A copy of a moment.

        pending -> ready                reconciler, once the copy is there
        pending -> error                reconciler, after a failed attempt or too long a wait: final
        any -> deleting -> (no row)     delete_snapshot; error, and back, if the removal fails

    A snapshot is never taken later than it could be at first: the data would be of another moment.
    """

    prefix = "snap-"

    volume = models.ForeignKey(Volume, on_delete=models.CASCADE, related_name="snapshots")
    environment = models.ForeignKey(
        Environment, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    """Its volume's, which never changes: the reconciler takes turns by it."""
    name = models.CharField(max_length=63)
    size = models.BigIntegerField(help_text="MB (MiB) of the volume at `taken_at`")
    """Until it is taken, the volume's size when it was requested."""
    status = models.CharField(max_length=8, choices=SnapshotStatus, default=SnapshotStatus.PENDING)
    consistency = models.CharField(
        max_length=7,
        choices=Consistency,
        default=Consistency.FILES,
        db_default=Consistency.FILES,
        editable=False,
    )
    taken_at = models.DateTimeField(null=True, editable=False)
    """When the copying that succeeded began, in database time; null until it has succeeded."""
    copying_since = models.DateTimeField(null=True, editable=False)
    """When the last claim was made, which begins an attempt, in database time."""
    copying_size = models.BigIntegerField(null=True, editable=False)
    """MB of the volume at that moment."""
    take_until = models.DateTimeField(null=True, editable=False)
    """Until when an attempt may begin, in database time; null once there is nothing left to try."""
    is_deleted = models.BooleanField(default=False, editable=False)
    is_accepted = models.BooleanField(default=False, db_default=False, editable=False)
    """The snapshot is older than marks; False again once it was marked, or found missing."""

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

    @property
    def is_missed(self) -> bool:
        """Whether it could not be taken, for good."""
        return self.taken_at is None and self.take_until is None
