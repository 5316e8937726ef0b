"""Abstract base models."""

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
    """Prefix of the identifier in the API."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_by = models.CharField(max_length=30)
    """`user-<id>` or `system`, as in the API. Not a foreign key, because it outlives the account."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True

    @property
    def ref(self) -> str:
        return f"{self.prefix}{self.pk}"


class Versioned(Identified):
    """A row that users change. Each accepted change increments the version."""

    is_deleted = models.BooleanField(default=False)
    modified_by = models.CharField(max_length=30)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class Reconciled(Identified):
    """A row that the reconciler applies to the storage. The row is the job: there is no queue."""

    status_message = models.CharField(max_length=500, blank=True)
    """The error for tenants, without host paths, commands or installation ids."""
    status_detail = models.CharField(
        max_length=2000, blank=True, default="", db_default="", editable=False
    )
    """The error for operators, with the path in the storage and the cure."""
    due_at = models.DateTimeField(null=True, default=None, editable=False)
    """When the next step is due, in database time; null if the row is settled."""
    attempts = models.PositiveIntegerField(default=0, editable=False)
    """Failed steps since the last success. The backoff grows with it."""
    lease_owner = models.UUIDField(null=True, default=None, editable=False)
    """The running step. Every write of an outcome is fenced by it."""
    lease_until = models.DateTimeField(null=True, default=None, editable=False)

    name: models.CharField[str, str]
    environment_id: uuid.UUID
    """The row's environment, which never changes. The fair queue needs it."""
    is_deleted: models.BooleanField[bool, bool]

    class Meta:
        abstract = True

    @property
    def waits_for_storage(self) -> bool:
        """Return whether the last step failed only because the whole storage was unavailable."""
        return self.status_message == STORAGE_UNAVAILABLE

    @property
    def operator_message(self) -> str:
        """Return the error for operators."""
        return self.status_detail or self.status_message
