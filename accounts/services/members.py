"""Services of memberships. A company that has an admin always keeps one."""

from django.db import transaction

from accounts import audit
from accounts.callers import Actor
from accounts.models import Company, Membership, Role, Subject, User
from accounts.services.locks import lock_company
from accounts.services.withdrawal import withdraw_invitations_of
from config.errors import Refused


@transaction.atomic
def add_member(*, company: Company, person: User, role: Role, actor: Actor) -> Membership:
    """Add a person without asking them, which only operators may do. Raises Refused."""
    if not person.is_active:
        raise Refused.because(
            "user", "wrong_status", f"The account {person.username} is deactivated."
        )
    return admit(lock_company(company), person, role, actor, action="create")


def admit(company: Company, person: User, role: Role, actor: Actor, *, action: str) -> Membership:
    """Make a person a member of a locked company. Raises Refused if they are a member already."""
    membership, is_new = Membership.objects.get_or_create(
        company=company, user=person, defaults={"role": role}
    )
    if not is_new:
        raise Refused.because("user", "wrong_status", f"{person.username} is already a member.")
    _record_member(membership, actor, action, [None, str(role)])
    return membership


@transaction.atomic
def change_role(*, membership: Membership, role: Role, actor: Actor) -> None:
    """Change a member's role. Raises Refused for the last admin."""
    present = _locked_member(membership)
    if present.role == role:
        return
    _check_not_last_admin(present)
    before, present.role = present.role, role
    present.is_promoted = role == Role.ADMIN
    present.save(update_fields=["role", "is_promoted"])
    withdraw_invitations_of(inviter=present.user, company=present.company, actor=actor)
    _record_member(present, actor, "update", [before, str(role)])


@transaction.atomic
def remove_member(*, membership: Membership, actor: Actor) -> None:
    """Delete a membership: the person and their tokens lose access. Raises Refused for the last admin."""
    present = _locked_member(membership)
    _check_not_last_admin(present)
    withdraw_invitations_of(inviter=present.user, company=present.company, actor=actor)
    # They may also have been invited by their e-mail address, which must not let them return.
    present.company.invitations.all().unbind(present.user)
    _record_member(present, actor, "delete", [present.role, None])
    present.delete()


@transaction.atomic
def leave_all(*, person: User, actor: Actor) -> None:
    """Delete the memberships of an account that is deactivated, also where it was the last admin."""
    for membership in person.memberships.select_related("company", "user").order_by("company"):
        company = membership.company
        lock_company(company)
        _record_member(membership, actor, "delete", [membership.role, None])
        membership.delete()


def last_admin_problem(membership: Membership) -> str | None:
    """Return why this member must stay an admin, or None."""
    if membership.role != Role.ADMIN:
        return None
    others = membership.company.memberships.admins().exclude(pk=membership.pk)
    # Deactivated admins do not count, because they cannot log in.
    if others.filter(user__is_active=True).exists():
        return None
    return (
        f"{membership.user} is the only admin of {membership.company}."
        " Make someone else an admin first."
    )


def _locked_member(membership: Membership) -> Membership:
    """Lock the company and return the current row. Raises Refused if it was deleted.

    Without the lock, two admins could demote each other at the same time.
    """
    lock_company(membership.company)
    present = Membership.objects.filter(pk=membership.pk).select_related("user", "company").first()
    if present is None:
        raise Refused.because("", "wrong_status", "This person is no longer a member.")
    return present


def _check_not_last_admin(membership: Membership) -> None:
    if problem := last_admin_problem(membership):
        raise Refused.because("", "wrong_status", problem)


def _record_member(
    membership: Membership, actor: Actor, action: str, role: list[str | None]
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=Subject.MEMBER,
        subject_id=membership.user.ref,
        subject_name=membership.user.username,
        company_id=membership.company_id,
        changes={"role": role},
    )
