"""The volume: what is wanted of it, and what the storage was last seen to hold."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from volumes.models.base import Reconciled, Versioned
from volumes.models.environment import Environment
from volumes.models.querysets import BULK_VOLUMES, QUICK_VOLUMES, ReconciledQuerySet


class VolumeStatus(models.TextChoices):
    PENDING = "pending"
    READY = "ready"
    RESIZING = "resizing"
    DELETING = "deleting"
    DELETED = "deleted"
    ERROR = "error"


class VolumeQuerySet(ReconciledQuerySet["Volume"]):
    followed = ("restore_from",)
    moving = (*ReconciledQuerySet.moving, "size", "missing_since", "environment_id")
    marks_of_claim = {"removal_started": F("is_deleted")}

    def live(self) -> Self:
        return self.filter(is_deleted=False)

    def with_data(self) -> Self:
        """What can be measured, settled or not: a failed growth keeps the data usable."""
        return self.live().filter(provisioned_size__isnull=False, missing_since__isnull=True)

    def settled(self) -> Self:
        """Ready, with data that should be there."""
        return self.live().filter(due_at__isnull=True, provisioned_size__isnull=False)

    def eligible(self) -> Self:
        over = Q(grace_until__isnull=True) | Q(grace_until__lte=Now())
        return self.unsettled().filter(over)

    def quick(self) -> Self:
        return self.filter(QUICK_VOLUMES)

    def bulk(self) -> Self:
        return self.filter(BULK_VOLUMES)


class Volume(Versioned, Reconciled):
    """Persistent storage of a fixed size.

        pending -> ready <-> resizing -> deleting -> deleted,   error from any of them and back

    People write what they want (`size`, `is_deleted`, …); only the reconciler writes what is
    (`provisioned_size`, `missing_since`) and so decides when it is ready.
    """

    prefix = "vol-"

    environment = models.ForeignKey(
        Environment, on_delete=models.PROTECT, related_name="volumes", db_index=False
    )
    name = models.CharField(max_length=63)
    size = models.BigIntegerField(help_text="MB (MiB)")
    mount_path = models.CharField(max_length=1024)
    description = models.CharField(max_length=500, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    protected = models.BooleanField(default=False)

    status = models.CharField(max_length=8, choices=VolumeStatus, default=VolumeStatus.PENDING)
    provisioned_size = models.BigIntegerField(null=True, editable=False)
    """MB that the backend holds; null until it is made. Once set, it is never made anew."""
    missing_since = models.DateTimeField(null=True, editable=False)
    used_size = models.BigIntegerField(null=True, editable=False)
    used_size_at = models.DateTimeField(null=True, editable=False)
    unmeasured_since = models.DateTimeField(null=True, editable=False)
    """Since when it cannot be measured; `used_size` is from before."""
    unmeasured_reason = models.CharField(
        max_length=500, blank=True, default="", db_default="", editable=False
    )
    """Why, for tenants."""
    unmeasured_detail = models.CharField(
        max_length=2000, blank=True, default="", db_default="", editable=False
    )
    """Why, for operators."""
    was_empty = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether the last sample found nothing at all in its data: `used_size` is rounded up."""
    is_accepted = models.BooleanField(default=False, db_default=False, editable=False)
    """Whichever directory is there now becomes its data: an operator accepted it, or the volume is
    older than marks. False again once the reconciler has marked it, or found none."""

    restore_from = models.ForeignKey(
        "volumes.Snapshot",
        null=True,
        on_delete=models.SET_NULL,
        related_name="fills",
        db_index=False,
    )
    adopt_from = models.CharField(max_length=4096, blank=True, editable=False)
    """The host directory that becomes this volume's data, for `adopt_volume`."""

    deleted_at = models.DateTimeField(null=True, editable=False)
    """In database time, as clean-up compares it."""
    grace_until = models.DateTimeField(null=True, editable=False)
    """Its data is kept until then, so that the delete can be undone."""
    removal_started = models.BooleanField(default=False, editable=False)
    """Set by the claim that removes the data: from then on there is no way back."""
    detached_at = models.DateTimeField(null=True, editable=False)
    """When its last application was detached, or it was created without one, in database time."""

    objects = VolumeQuerySet.as_manager()

    class Meta:
        constraints = [
            # Serves the sort by name and the exact name as well.
            models.UniqueConstraint(
                fields=["environment", "name"],
                condition=Q(is_deleted=False),
                name="volume_name_once",
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="volume_size_positive"),
            models.CheckConstraint(
                condition=Q(status__in=list(VolumeStatus)), name="volume_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["deleting", "deleted"]) | Q(is_deleted=True),
                name="volume_goes_only_when_deleted",
            ),
            models.CheckConstraint(
                condition=~Q(is_deleted=True) | Q(protected=False),
                name="volume_protected_stays",
            ),
        ]
        # On PostgreSQL the migration 0003 adds what finds a part of a name and a label.
        indexes = [
            # The list of an environment, in creation order.
            models.Index(
                fields=["environment", "id"], condition=Q(is_deleted=False), name="volume_list"
            ),
            # The same narrowed to a status, and how many there are of each.
            models.Index(
                fields=["environment", "status", "id"],
                condition=Q(is_deleted=False),
                name="volume_list_by_status",
            ),
            # The list by size; deleted ones are few enough to be passed over.
            models.Index(fields=["environment", "size", "id"], name="volume_by_size"),
            # The list with deleted ones, in creation order and by name; an exact name among them.
            models.Index(fields=["environment", "id"], name="volume_all"),
            models.Index(fields=["environment", "name", "id"], name="volume_all_by_name"),
            # What is filled from a snapshot. Hardly any volume is.
            models.Index(
                fields=["restore_from"],
                condition=Q(restore_from__isnull=False),
                name="volume_filled",
            ),
            # Volumes older than marks, at the start of a server. Afterwards hardly any.
            models.Index(fields=["id"], condition=Q(is_accepted=True), name="volume_accepted"),
            # All that is unsettled. Settled rows stay out.
            models.Index(
                fields=["environment", "due_at"],
                condition=Q(due_at__isnull=False),
                name="volume_due",
            ),
            # The reconciler's two questions, in the order of its turns: a long queue of bulk work must
            # not have to be read to find what is quick.
            models.Index(
                fields=["environment", "due_at"],
                condition=Q(due_at__isnull=False) & QUICK_VOLUMES,
                name="volume_due_quick",
            ),
            models.Index(
                fields=["environment", "due_at"],
                condition=Q(due_at__isnull=False) & BULK_VOLUMES,
                name="volume_due_bulk",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def application_ids(self) -> list[uuid.UUID]:
        """Of those that mount it, in the order in which they were attached."""
        return list(self.attachments.order_by("id").values_list("application_id", flat=True))

    @property
    def why_no_data(self) -> str:
        """Why there is nothing to mount, copy or grow, as the beginning of a sentence; "" if there is."""
        if self.missing_since is not None:
            return "Its data is missing"
        return "" if self.has_data else "Its data has not been created yet"

    @property
    def has_data(self) -> bool:
        """Whether the storage was last seen to hold its data."""
        return self.provisioned_size is not None and self.missing_since is None
