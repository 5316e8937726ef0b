"""Services with which a company withdraws invitations, under the lock of the company."""

from django.db import transaction

from accounts import audit
from accounts.callers import Actor
from accounts.models import Company, Invitation, Subject, User
from accounts.services.locks import lock_company
from config.errors import Refused


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, actor: Actor) -> None:
    """Delete a pending invitation. Raises Refused if it is no longer pending."""
    lock_company(invitation.company)
    present = Invitation.objects.filter(pk=invitation.pk).first()
    if present is None:
        raise Refused.because("", "wrong_status", "This invitation is no longer pending.")
    _withdraw(present, actor)


@transaction.atomic
def withdraw_invitations_of(*, inviter: User, company: Company, actor: Actor) -> None:
    """Withdraw the invitations of an inviter who loses the role of an admin.

    Call it under the lock of the company.
    """
    for invitation in company.invitations.filter(invited_by=inviter):
        _withdraw(invitation, actor)


def record_invitation(
    invitation: Invitation, actor: Actor, action: str, role: list[str | None]
) -> None:
    """Record a change under the name as typed: an id would reveal that the account exists."""
    audit.record(
        actor=actor,
        action=action,
        subject=Subject.INVITATION,
        subject_id=str(invitation.pk),
        subject_name=invitation.name,
        company_id=invitation.company_id,
        changes={"role": role},
    )


def _withdraw(invitation: Invitation, actor: Actor) -> None:
    record_invitation(invitation, actor, "withdraw", [invitation.role, None])
    invitation.delete()
