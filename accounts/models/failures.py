"""Counts of failures, stored in the database so that every process sees the same count."""

from django.db import models


class FailureCount(models.Model):
    """The number of failures in the window that ends at `expires_at`."""

    key = models.CharField(max_length=200, primary_key=True)
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            # Deleting expired windows: DatabaseStorage._delete_expired_windows().
            models.Index(fields=["expires_at"], name="failure_count_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
