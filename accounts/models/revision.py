"""The history: who changed what, when, from which address, and from which value to which."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, IntegerField, Q
from django.db.models.functions import Coalesce
from uuid_utils.compat import uuid7

from accounts.models.people import Company


class Subject(models.TextChoices):
    """What a revision is about."""

    VOLUME = "volume"
    APPLICATION = "application"
    ENVIRONMENT = "environment"
    COMPANY = "company"
    ACCOUNT = "account"
    MEMBER = "member"
    INVITATION = "invitation"
    TOKEN = "token"  # noqa: S105
    PASSWORD = "password"  # noqa: S105
    SECOND_FACTOR = "second_factor"


QUOTA_FIELDS: dict[str, str] = {
    Subject.ENVIRONMENT: "resourceQuota.storage",
    Subject.COMPANY: "storageQuota",
}
"""The names in `changes` of what limits the storage."""


def rank_after(version: int) -> int:
    """Return the rank of an entry without a version that is written while its subject has `version`."""
    return 2 * version + 1


def position() -> Coalesce:
    """Return the position of an entry in the history of its subject: twice its version, or its rank.

    An entry without a version comes right after the version that its subject had. The order depends on
    no clock, because the clocks of two servers may differ; ids contain the time, so they do not help.
    The expression has no literal number, because SQLite uses its index only for the same text.
    """
    return Coalesce("rank", F("version") + F("version"), output_field=IntegerField())


class RevisionQuerySet(models.QuerySet["Revision"]):
    def about(self, subject: Subject, subject_id: object) -> Self:
        """Return the history of one object."""
        return self.filter(subject=subject, subject_id=str(subject_id))

    def quota_in_force(self, subject: Subject, subject_id: object) -> Revision | None:
        """Return the entry that set the quota of an environment or company; None if none did."""
        history = self.about(subject, subject_id).filter(changes__has_key=QUOTA_FIELDS[subject])
        return history.newest_first().first()

    def with_position(self) -> Self:
        """Annotate each entry with its `position` in the history of its subject."""
        return self.annotate(position=position())

    def newest_first(self) -> Self:
        """Order the history of one object, newest first, independent of clocks."""
        return self.with_position().order_by("-position", "-id")


class Revision(models.Model):
    """One change, written in the transaction of the change and never updated.

    The model is in accounts, because changes of tokens and second factors are part of the same history.
    It refers to its subject by id and name without a foreign key, so it outlives it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(
        Company, null=True, on_delete=models.CASCADE, related_name="revisions", db_index=False
    )
    environment_id = models.UUIDField(null=True)
    subject = models.CharField(max_length=15, choices=Subject)
    subject_id = models.CharField(max_length=40)
    subject_name = models.CharField(max_length=150)
    version = models.PositiveIntegerField(null=True)
    """The subject's version that this change created; null if it created none."""
    rank = models.PositiveIntegerField(null=True, editable=False)
    """See `rank_after`. Null for a change that created a version, and for subjects without versions."""
    action = models.CharField(max_length=20)
    by = models.CharField(max_length=30)
    via = models.CharField(max_length=110)
    ip = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(auto_now_add=True)
    changes = models.JSONField(default=dict)

    position: int
    """See `position()`. Set only by `with_position()`."""

    objects = RevisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "subject_id", "version"],
                condition=Q(version__isnull=False),
                name="revision_once_a_version",
            ),
        ]
        indexes = [
            # The history of one object: RevisionQuerySet.newest_first().
            models.Index("subject", "subject_id", position(), "id", name="revision_in_order"),
            # A company's activity, newest first.
            models.Index(fields=["company", "id"], name="revision_activity"),
            # An environment's activity, newest first.
            models.Index(
                fields=["environment_id", "id"],
                condition=Q(environment_id__isnull=False),
                name="revision_of_environment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.subject} {self.subject_name} by {self.by}"
