"""The settings that the server runs with, for commands that must not remove under others."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class ServerPolicy(models.Model):
    """One row, written at each start of `serve` and `reconcile --watch`.

    It stays after the server has ended: what it promised for deleted volumes still holds.
    """

    number = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    recorded_at = models.DateTimeField(auto_now=True)
    delete_grace = models.PositiveBigIntegerField(editable=False)
    """Seconds."""
    storage_backend = models.CharField(max_length=100, editable=False)
    storage_root = models.CharField(max_length=4096, editable=False)
    """Absolute, without links."""
    database = models.CharField(max_length=4200, editable=False)
    """Which database it is: a copy elsewhere has the same rows but not this."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number=1), name="server_policy_only_last"),
        ]

    def __str__(self) -> str:
        return f"policy since {self.recorded_at}"
