"""Records about volumes: usage samples and idempotency keys."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from volumes.models.volume import Volume


class UsageSample(models.Model):
    """The usage of a volume at one time."""

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
        """Return records older than 24 hours, the lifetime of a key in the contract."""
        return self.filter(created_at__lt=Now() - timedelta(hours=24))


class IdempotencyRecord(models.Model):
    """The result of a POST with an Idempotency-Key, written in the same transaction."""

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
            # expired()
            models.Index(fields=["created_at"], name="idempotency_age"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
