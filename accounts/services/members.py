"""Who belongs to a company. A company always keeps an admin."""

from django.db import transaction

from accounts import audit, throttle
from accounts.callers import Actor
from accounts.errors import Refused
from accounts.models import Company, Membership, Role, Subject, User


def add_member(*, company: Company, username: str, role: Role, actor: Actor) -> Membership:
    """Takes an existing account in. Names that do not exist are counted: this is no directory."""
    person = _account(username, actor)
    with transaction.atomic():
        _lock(company)
        membership, is_new = Membership.objects.get_or_create(
            company=company, user=person, defaults={"role": role}
        )
        if not is_new:
            raise Refused("username", f"{person.username} is a member already.")
        _record_member(membership, actor, "create", [None, str(role)])
    return membership


@transaction.atomic
def change_role(*, membership: Membership, role: Role, actor: Actor) -> None:
    present = _locked_member(membership)
    if present.role == role:
        return
    _keep_an_admin(present)
    before, present.role = present.role, role
    present.save(update_fields=["role"])
    _record_member(present, actor, "update", [before, str(role)])


@transaction.atomic
def remove_member(*, membership: Membership, actor: Actor) -> None:
    """Ends the membership; the person's tokens reach nothing of the company any more."""
    present = _locked_member(membership)
    _keep_an_admin(present)
    _record_member(present, actor, "delete", [present.role, None])
    present.delete()


def _account(username: str, actor: Actor) -> User:
    tries = throttle.lookups(actor.by, actor.ip)
    tries.check()
    person = User.objects.filter(username=username, is_active=True).first()
    if person is None:
        tries.failed()
        raise Refused("username", "There is no account with this name. Operators make accounts.")
    return person


def _lock(company: Company) -> None:
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)


def _locked_member(membership: Membership) -> Membership:
    """The row as it is now, with its company's lock: two admins must not demote each other."""
    _lock(membership.company)
    present = Membership.objects.filter(pk=membership.pk).select_related("user", "company").first()
    if present is None:
        raise Refused("", "This person is not a member any more.")
    return present


def _keep_an_admin(membership: Membership) -> None:
    if membership.role != Role.ADMIN:
        return
    others = membership.company.memberships.admins().exclude(pk=membership.pk)
    # Someone who cannot log in administers nothing.
    if not others.filter(user__is_active=True).exists():
        raise Refused(
            "", f"{membership.user} is the last admin of {membership.company}. Make another first."
        )


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
