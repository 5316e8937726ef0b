"""Environments, which contain volumes, and applications, which mount them."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Q

from accounts.models import Company
from volumes.models.base import Versioned
from volumes.models.querysets import CallerLike
from volumes.models.storage_state import promise_columns


class EnvironmentQuerySet(models.QuerySet["Environment"]):
    def live(self) -> Self:
        return self.filter(is_deleted=False)

    def visible_to(self, caller: CallerLike) -> Self:
        """Return the environments that the caller may see, with the caller's `role` in the company."""
        # A user has at most one membership per company, so the join repeats no row.
        rows = self.filter(company__memberships__user=caller.user).annotate(
            role=F("company__memberships__role")
        )
        if caller.environment_id is not None:
            rows = rows.filter(pk=caller.environment_id)
        return rows

    def with_storage_room(self) -> Self:
        """Annotate `promise_limit` and `promised` of the storage."""
        return self.annotate(**promise_columns())


class Environment(Versioned):
    """An isolated workspace of one company."""

    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, related_name="environments", db_index=False
    )
    name = models.CharField(max_length=63)
    storage_quota = models.BigIntegerField(
        null=True, blank=True, help_text="MB (MiB); empty for none"
    )
    storage_used = models.BigIntegerField(default=0, editable=False)
    """MB (MiB) of its volumes whose data still exists. Changed under this row's lock only."""

    role: str
    """The caller's role in its company, set by `visible_to()`."""
    promise_limit: int | None = None
    """MB that the storage may promise to all volumes, set by `with_storage_room()` and by the lock of the
    quotas; None for no rule."""
    promised: int | None = None
    """MB that it has promised, if there is a rule."""

    objects = EnvironmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "name"],
                condition=Q(is_deleted=False),
                name="environment_name_once",
            ),
            models.CheckConstraint(
                condition=Q(storage_quota__isnull=True) | Q(storage_quota__gte=0),
                name="environment_quota_not_negative",
            ),
            models.CheckConstraint(condition=Q(storage_used__gte=0), name="environment_used_sane"),
        ]
        indexes = [
            # The environments of a company with deleted ones, in creation order.
            models.Index(fields=["company", "id"], name="environment_list"),
            # purging.expired_environments()
            models.Index(
                fields=["modified_at"], condition=Q(is_deleted=True), name="environment_deleted"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApplicationQuerySet(models.QuerySet["Application"]):
    def live(self) -> Self:
        return self.filter(is_deleted=False)


class Application(Versioned):
    """A program that mounts volumes. Holdfast records it but does not run it."""

    prefix = "app-"

    environment = models.ForeignKey(
        Environment, on_delete=models.PROTECT, related_name="applications", db_index=False
    )
    name = models.CharField(max_length=63)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "name"],
                condition=Q(is_deleted=False),
                name="application_name_once",
            ),
        ]
        indexes = [
            # The list of an environment with deleted ones, in creation order.
            models.Index(fields=["environment", "id"], name="application_list"),
            # purging.expired_applications()
            models.Index(
                fields=["modified_at"], condition=Q(is_deleted=True), name="application_deleted"
            ),
        ]

    def __str__(self) -> str:
        return self.name
