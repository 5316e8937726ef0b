"""Volumes: their requested state, and their last known state in the storage."""

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
    select_with_claim = ("restore_from",)
    contended_fields = (
        *ReconciledQuerySet.contended_fields,
        "size",
        "missing_since",
        "environment_id",
    )
    claim_values = {"removal_started": F("is_deleted")}

    def live(self) -> Self:
        return self.filter(is_deleted=False)

    def with_data(self) -> Self:
        """Return volumes that can be measured, settled or not: after a failed growth, data is usable."""
        return self.live().filter(provisioned_size__isnull=False, missing_since__isnull=True)

    def settled(self) -> Self:
        """Return ready volumes, whose data should be there."""
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

    Users write the requested state (`size`, `is_deleted`, …). Only the reconciler writes the observed
    state (`provisioned_size`, `missing_since`), and so decides when the volume is ready.
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
    """MB (MiB) that the backend provides; null before creation. If set, data is never created again."""
    size_enforced = models.BooleanField(default=False, db_default=False, editable=False)
    """Writes past `provisioned_size` failed when a step or the hourly check last looked."""
    missing_since = models.DateTimeField(null=True, editable=False)
    used_size = models.BigIntegerField(null=True, editable=False)
    used_size_at = models.DateTimeField(null=True, editable=False)
    unmeasured_since = models.DateTimeField(null=True, editable=False)
    """Since when measurements fail. `used_size` is older."""
    unmeasured_reason = models.CharField(
        max_length=500, blank=True, default="", db_default="", editable=False
    )
    """The reason for tenants."""
    unmeasured_detail = models.CharField(
        max_length=2000, blank=True, default="", db_default="", editable=False
    )
    """The reason for operators."""
    was_empty = models.BooleanField(default=False, db_default=False, editable=False)
    """The last sample found no file at all. `used_size` cannot tell, because it is rounded up."""
    is_accepted = models.BooleanField(default=False, db_default=False, editable=False)
    """The present directory becomes the data: an operator accepted it, or the volume is older than
    marks. False after the reconciler has marked it, or found none."""

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
    """In database time, because clean-up compares it with that."""
    grace_until = models.DateTimeField(null=True, editable=False)
    """Until then the data is kept, so that the delete can be undone."""
    removal_started = models.BooleanField(default=False, editable=False)
    """Set by the claim that removes the data. Then the delete can no longer be undone."""
    detached_at = models.DateTimeField(null=True, editable=False)
    """When its last application was detached, or when it was created, in database time."""

    objects = VolumeQuerySet.as_manager()

    class Meta:
        constraints = [
            # Its index also serves lists sorted by name, and searches for an exact name.
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
        # On PostgreSQL, migration 0003 adds the indexes for parts of names and for labels.
        indexes = [
            # The list of an environment, in creation order.
            models.Index(
                fields=["environment", "id"], condition=Q(is_deleted=False), name="volume_list"
            ),
            # The list of one status, and the counts of each status.
            models.Index(
                fields=["environment", "status", "id"],
                condition=Q(is_deleted=False),
                name="volume_list_by_status",
            ),
            # The list by size. Deleted volumes are few enough to be skipped.
            models.Index(fields=["environment", "size", "id"], name="volume_by_size"),
            # Lists with deleted volumes, in creation order and by name; an exact name among them.
            models.Index(fields=["environment", "id"], name="volume_all"),
            models.Index(fields=["environment", "name", "id"], name="volume_all_by_name"),
            # Volumes that are filled from a snapshot: few.
            models.Index(
                fields=["restore_from"],
                condition=Q(restore_from__isnull=False),
                name="volume_filled",
            ),
            # mark_older_data() at the start of a server. Almost empty afterwards.
            models.Index(fields=["id"], condition=Q(is_accepted=True), name="volume_accepted"),
            # purging.expired_volumes()
            models.Index(
                fields=["deleted_at"], condition=Q(is_deleted=True), name="volume_deleted"
            ),
            # unsettled(). Settled rows are left out.
            models.Index(
                fields=["environment", "due_at"],
                condition=Q(due_at__isnull=False),
                name="volume_due",
            ),
            # The two queries of the fair queue, in its order. A search for quick work must not read a
            # long queue of bulk work.
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
        """Return the ids of the applications that mount the volume, in the order of attachment."""
        return list(self.attachments.order_by("id").values_list("application_id", flat=True))

    @property
    def why_no_data(self) -> str:
        """Return why there is no data to mount, copy or grow, as the start of a sentence, or ""."""
        if self.missing_since is not None:
            return "Its data is missing"
        return "" if self.has_data else "Its data has not been created yet"

    @property
    def has_data(self) -> bool:
        """Return whether the data existed at the last check."""
        return self.provisioned_size is not None and self.missing_since is None
