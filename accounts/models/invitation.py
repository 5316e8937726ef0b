"""Invitations: a company offers membership, and the person decides."""

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
INVITED_NAME_MAX_LENGTH = 150  # as long as a username, and as a revision's subject_name


def default_expiry() -> datetime:
    """Return when an invitation that is created now expires."""
    return timezone.now() + INVITATION_LIFETIME


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> Self:
        """Return the invitations that have not expired and whose inviter is still an active admin."""
        inviter = Membership.objects.admins().filter(
            company=OuterRef("company"), user=OuterRef("invited_by"), user__is_active=True
        )
        return self.filter(Exists(inviter), expires_at__gt=Now())

    def to(self, person: User) -> Self:
        """Return the pending invitations that this person can answer."""
        own_membership = Membership.objects.filter(company=OuterRef("company"), user=person)
        return self.pending().filter(~Exists(own_membership), user=person)

    def unbind(self, person: User) -> None:
        """Let nobody accept these invitations, but keep them.

        If they disappeared, companies would learn which account a name belongs to.
        """
        self.filter(user=person).update(user=None)


class Invitation(models.Model):
    """An admin's offer of a role in the company to the account with a name.

        pending -> (row deleted)    accept, decline: the person; withdraw: an admin of the company
        pending -> expired          after 14 days; deleted with the company's next invitation

    The company sees only the name as typed, whether or not such an account exists.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(
        Company, on_delete=models.CASCADE, related_name="invitations", db_index=False
    )
    name = models.CharField(max_length=INVITED_NAME_MAX_LENGTH)
    """The username or e-mail address as typed."""
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="invitations")
    """The account that had the name at that time; null if none had. An account that gets the name later
    is another person's, so it does not inherit the invitation."""
    role = models.CharField(max_length=10, choices=Role)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=default_expiry)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            # Its index also serves the list of a company's invitations by name.
            models.UniqueConstraint(fields=["company", "name"], name="invitation_once"),
            models.CheckConstraint(condition=Q(role__in=list(Role)), name="invitation_role_known"),
        ]

    def __str__(self) -> str:
        return f"invitation of {self.name} to {self.company} ({self.role})"
