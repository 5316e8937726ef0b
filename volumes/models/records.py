"""What is written down beside volumes: how full they were, and which requests were answered."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from volumes.models.volume import Volume


class UsageSample(models.Model):
    """How much of a volume was used at one moment."""

    volume = models.ForeignKey(
        Volume, on_delete=models.CASCADE, related_name="samples", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)
    used_size = models.BigIntegerField(help_text="MB (MiB), rounded up")
    size = models.BigIntegerField(help_text="MB (MiB) of the volume at that time")

    class Meta:
        indexes = [
            # The last days of one volume.
            models.Index(fields=["volume", "at"], name="usage_sample_days"),
        ]

    def __str__(self) -> str:
        return f"{self.volume_id} at {self.at}: {self.used_size} MB"


class IdempotencyRecordQuerySet(models.QuerySet["IdempotencyRecord"]):
    def expired(self) -> Self:
        """Older than the 24 hours that a key is kept."""
        return self.filter(created_at__lt=Now() - timedelta(hours=24))


class IdempotencyRecord(models.Model):
    """What a POST with an Idempotency-Key made, written in the transaction that made it."""

    user_id = models.BigIntegerField()
    operation = models.CharField(max_length=10)
    scope_id = models.UUIDField()
    """The environment (of a volume) or the volume (of a snapshot)."""
    key = models.CharField(max_length=255)
    body_digest = models.CharField(max_length=64)
    made_id: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = IdempotencyRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "operation", "scope_id", "key"], name="idempotency_key_once"
            ),
        ]
        indexes = [
            # Forgetting what is older than a day.
            models.Index(fields=["created_at"], name="idempotency_age"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
