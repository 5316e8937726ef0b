"""Attachments: an application mounts a volume."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from volumes.models.environment import Application
from volumes.models.volume import Volume


class Attachment(models.Model):
    """One application mounts one volume. Detaching deletes the row; the history keeps it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Each key is the first column of a constraint's index, so it needs no index of its own.
    volume = models.ForeignKey(
        Volume, on_delete=models.PROTECT, related_name="attachments", db_index=False
    )
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="attachments", db_index=False
    )
    mount_path = models.CharField(max_length=1024)
    """The mount path: a copy of the volume's path, kept equal to it, unless `has_own_path`."""
    has_own_path = models.BooleanField(default=False)
    read_only = models.BooleanField(default=False)
    attached_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["volume", "application"], name="attachment_once"),
            # Both kinds of path are in one column, so that the database can enforce this.
            models.UniqueConstraint(
                fields=["application", "mount_path"], name="attachment_mount_path_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.volume} in {self.application} at {self.mount_path}"
