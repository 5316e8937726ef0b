"""What several kinds of rows have in common."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

STORAGE_UNAVAILABLE = (
    "The storage is not available at the moment. It is tried again by itself; if this lasts,"
    " ask the operator."
)
"""The status message of a row whose step failed only because the whole storage was unavailable."""


class Identified(models.Model):
    """A row with a time-ordered identifier: creation order is index order."""

    prefix: ClassVar[str] = ""
    """What stands before the identifier on the wire."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_by = models.CharField(max_length=30)
    """`user-<id>` or `system`, as on the wire: it outlives the account."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True

    @property
    def ref(self) -> str:
        return f"{self.prefix}{self.pk}"


class Versioned(Identified):
    """A row that people change: each accepted change raises the version by one."""

    is_deleted = models.BooleanField(default=False)
    modified_by = models.CharField(max_length=30)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class Reconciled(models.Model):
    """A row that the reconciler brings about. The row is the job: there is no queue beside it."""

    status_message = models.CharField(max_length=500, blank=True)
    """Why it is in error, for tenants: no host path, command or installation id."""
    status_detail = models.CharField(
        max_length=2000, blank=True, default="", db_default="", editable=False
    )
    """The same for operators, with the path in the storage and the cure."""
    due_at = models.DateTimeField(null=True, default=None, editable=False)
    """When to look at it next, in database time; null when it is settled."""
    attempts = models.PositiveIntegerField(default=0, editable=False)
    """Failed steps since the last good one; the pause grows with it."""
    lease_owner = models.UUIDField(null=True, default=None, editable=False)
    """The step that works on it now. Every write of an outcome is fenced by it."""
    lease_until = models.DateTimeField(null=True, default=None, editable=False)

    class Meta:
        abstract = True

    id: models.UUIDField[uuid.UUID, uuid.UUID]

    @property
    def waits_for_storage(self) -> bool:
        """Whether its last step failed only because the whole storage was unavailable."""
        return self.status_message == STORAGE_UNAVAILABLE

    @property
    def operator_message(self) -> str:
        """Why it is in error, as an operator is told."""
        return self.status_detail or self.status_message
