"""Joining a company: an admin invites, and the person accepts or declines.

The admin gets the same response for every name, whether or not an account has it.
"""

import uuid
from dataclasses import replace

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from accounts import audit
from accounts.auth import throttling
from accounts.callers import SYSTEM, Actor
from accounts.models import Company, Invitation, Membership, Role, Subject, User
from accounts.models.invitation import INVITED_NAME_MAX_LENGTH, default_expiry
from accounts.services.locks import lock_company
from accounts.services.members import admit
from accounts.services.withdrawal import record_invitation
from accounts.validators import name_problem
from config import limits
from config.errors import Refused


def invite(*, company: Company, name: str, role: Role, inviter: User, actor: Actor) -> Invitation:
    """Invite the account with this username or address. Inviting again renews the invitation.

    Raises Refused, and Throttled for too many names, existing ones included: the responses must not
    serve to find out which accounts exist.
    """
    if problem := name_problem(name, max_length=INVITED_NAME_MAX_LENGTH):
        raise Refused.because("username", "invalid", problem)
    throttling.lookup_throttle(actor.by, actor.ip).take()
    invitee = _find_account(name)
    with transaction.atomic():
        company = lock_company(company)
        _check(company, name, inviter)
        company.invitations.filter(expires_at__lte=Now()).delete()
        if company.invitations.exclude(name=name).count() >= limits.MAX_PENDING_INVITATIONS:
            raise Refused.because(
                "", "too_many", "Too many invitations are pending. Withdraw some first."
            )
        invitation, _ = Invitation.objects.update_or_create(
            company=company,
            name=name,
            defaults={
                "user": invitee,
                "role": role,
                "invited_by": inviter,
                "created_at": timezone.now(),
                "expires_at": default_expiry(),
            },
        )
        record_invitation(invitation, actor, "invite", [None, str(role)])
    return invitation


@transaction.atomic
def accept_invitation(*, invitation_id: uuid.UUID, person: User, actor: Actor) -> Membership:
    """Join the company in the offered role. Raises Refused if the invitation is no longer pending."""
    invitation = _locked_invitation(invitation_id, person)
    invitation.delete()
    role = Role(invitation.role)
    return admit(invitation.company, person, role, actor, action="accept")


@transaction.atomic
def decline_invitation(*, invitation_id: uuid.UUID, person: User, actor: Actor) -> Company:
    """Delete the invitation and return the company. Raises Refused if it is no longer pending."""
    invitation = _locked_invitation(invitation_id, person)
    role: list[str | None] = [invitation.role, None]
    # The company must not learn who declined, so its entry names no person. Operators see the other one.
    record_invitation(invitation, replace(SYSTEM, via=actor.via), "decline", role)
    audit.record(
        actor=actor,
        action="decline",
        subject=Subject.INVITATION,
        subject_id=str(invitation.pk),
        subject_name=invitation.name,
        company_id=None,
        changes={"role": role},
    )
    invitation.delete()
    return invitation.company


def _check(company: Company, name: str, inviter: User) -> None:
    """Raise Refused if the inviter is no longer an admin, or the name is that of a member.

    The latter reveals nothing: the company sees its members anyway.
    """
    admins = company.memberships.admins()
    if not admins.filter(user=inviter, user__is_active=True).exists():
        raise Refused.because("", "forbidden", f"Only admins of {company} can invite.")
    if company.memberships.filter(user__username=name).exists():
        raise Refused.because("username", "wrong_status", f"{name} is already a member.")


def _find_account(name: str) -> User | None:
    """Return the active account with this username or, if mail is configured, with this address.

    An address that several accounts share selects none of them.
    """
    matches = Q(username=name)
    if settings.EMAIL_ENABLED and "@" in name:
        matches |= Q(address=name.lower())
    candidates = User.objects.alias(address=Lower("email")).filter(matches, is_active=True)
    accounts = list(candidates.order_by("pk")[:3])
    by_username = next((account for account in accounts if account.username == name), None)
    return by_username or (accounts[0] if len(accounts) == 1 else None)


def _locked_invitation(invitation_id: uuid.UUID, person: User) -> Invitation:
    """Lock the company of the person's invitation and return the invitation. Raises Refused."""
    rows = Invitation.objects.to(person).select_related("company").filter(pk=invitation_id)
    invitation = rows.first()
    if invitation is not None:
        lock_company(invitation.company)
        invitation = rows.first()  # it may have ended before the lock was acquired
    if invitation is None:
        raise Refused.because("", "wrong_status", "This invitation is no longer pending.")
    return invitation
