"""The last known state of the whole storage: one row, so that no request has to access the storage."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, Subquery


class StorageState(models.Model):
    """What the storage is and can do. The reconciler writes it; requests, pages and metrics read it.

    Facts are those of `seen_at`. They stay while the storage cannot be seen.
    """

    number = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    unavailable_since = models.DateTimeField(null=True, editable=False)
    """When the outage was first noticed; null while the storage is available."""
    detail = models.CharField(max_length=2000, blank=True, default="", editable=False)
    """The reason for operators, with the path and the cure."""

    looked_at = models.DateTimeField(null=True, editable=False)
    """When any process last began to look at the facts below."""
    seen_at = models.DateTimeField(null=True, editable=False)
    """When they were last seen; null if never."""
    unseen_reason = models.CharField(max_length=2000, default="", db_default="", editable=False)
    """Why the last look failed, for operators; empty if it succeeded."""
    total_bytes = models.BigIntegerField(null=True, editable=False)
    free_bytes = models.BigIntegerField(null=True, editable=False)
    enforces_sizes = models.BooleanField(default=False, db_default=False, editable=False)
    no_enforcement_reason = models.CharField(
        max_length=2000, default="", db_default="", editable=False
    )
    """For operators, with the cure."""
    has_instant_snapshots = models.BooleanField(default=False, db_default=False, editable=False)
    no_instant_snapshots_reason = models.CharField(
        max_length=2000, default="", db_default="", editable=False
    )
    enforcement_lost_since = models.DateTimeField(null=True, editable=False)
    """When sizes that had been enforced were first seen not to be; null while nothing was lost."""

    promise_limit = models.BigIntegerField(null=True, editable=False)
    """MB that the sizes of all volumes together may reach; null for no rule."""
    promised = models.BigIntegerField(default=0, db_default=0, editable=False)
    """MB that they have reached: the sum of `storage_used` of all companies. Kept only while there is a
    rule. Changed under this row's lock, which is taken after those of company, environment and volume.
    """

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number=1), name="storage_state_only_one"),
        ]

    def __str__(self) -> str:
        return (
            f"unavailable since {self.unavailable_since}" if self.unavailable_since else "available"
        )

    @property
    def used_bytes(self) -> int | None:
        if self.total_bytes is None or self.free_bytes is None:
            return None
        return self.total_bytes - self.free_bytes


def promise_columns() -> dict[str, Subquery]:
    """Return annotations: `promise_limit` and `promised` if there is a rule, else null."""
    limited = StorageState.objects.filter(number=1, promise_limit__isnull=False)
    return {name: Subquery(limited.values(name)) for name in ("promise_limit", "promised")}
