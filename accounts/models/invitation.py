"""Invitations: a company asks, and a person decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models.people import Company, Membership, Role, User

INVITATION_LIFETIME = timedelta(days=14)
INVITED_NAME_MAX_LENGTH = 150  # as that of a username, and of a subject in the history


def default_expiry() -> datetime:
    """Return when an invitation of this moment expires."""
    return timezone.now() + INVITATION_LIFETIME


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> Self:
        """Invitations that can be accepted: not expired, and of someone who is still an admin."""
        inviter = Membership.objects.admins().filter(
            company=OuterRef("company"), user=OuterRef("invited_by"), user__is_active=True
        )
        return self.filter(Exists(inviter), expires_at__gt=Now())

    def to(self, person: User) -> Self:
        """Pending invitations that this person can answer."""
        joined = Membership.objects.filter(company=OuterRef("company"), user=person)
        return self.pending().filter(~Exists(joined), user=person)

    def unbind(self, person: User) -> None:
        """Keep the rows, which would otherwise tell whom a name stands for, but let nobody accept."""
        self.filter(user=person).update(user=None)


class Invitation(models.Model):
    """A company admin's offer of a role to whomever a name stands for.

        pending -> (row deleted)    accept, decline: the person; withdraw: an admin of the company
        pending -> expired          after 14 days; deleted with the company's next invitation

    The company sees only the name as its admin typed it, whether or not there is such an account.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(
        Company, on_delete=models.CASCADE, related_name="invitations", db_index=False
    )
    name = models.CharField(max_length=INVITED_NAME_MAX_LENGTH)
    """The username or e-mail address as typed."""
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="invitations")
    """Whom the name stood for at that time, null for nobody. An account that gets the name later
    is another person's, so it does not inherit the invitation."""
    role = models.CharField(max_length=10, choices=Role)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=default_expiry)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            # Also the list of a company's invitations by name.
            models.UniqueConstraint(fields=["company", "name"], name="invitation_once"),
            models.CheckConstraint(condition=Q(role__in=list(Role)), name="invitation_role_known"),
        ]

    def __str__(self) -> str:
        return f"invitation of {self.name} to {self.company} ({self.role})"
