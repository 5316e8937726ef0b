"""Services with which operators end the access of accounts, grant it, and reset passwords."""

from django.db import transaction

from accounts.auth import second_factor
from accounts.auth.revocation import revoke_all
from accounts.callers import Actor
from accounts.models import Company, Invitation, Membership, User
from accounts.passwords import new_password
from accounts.services.locks import lock_company
from accounts.services.tokens import change_password
from accounts.services.withdrawal import withdraw_invitations_of
from accounts.user_changes import record_change, snapshot_of
from config.errors import Refused


@transaction.atomic
def end_access(*, person: User, actor: Actor) -> None:
    """End the person's sessions, tokens, and invitations by and to them for good.

    Call it when an account is deactivated, and again when it is reactivated. The second call covers
    accounts that were deactivated in the database, without this service.
    """
    for company in Company.objects.filter(invitations__invited_by=person).distinct().order_by("pk"):
        withdraw_invitations_of(inviter=person, company=lock_company(company), actor=actor)
    Invitation.objects.all().unbind(person)
    second_factor.lock(person)
    revoke_all(person, actor)
    person.end_sessions()


@transaction.atomic
def deactivate(*, person: User, actor: Actor) -> bool:
    """Deactivate the account and end its access for good. Return whether it was active.

    The last admin of a company and the last superuser can be deactivated too, because they may be the
    person who left: see `left_without_admin` and `is_last_superuser`.
    """
    end_access(person=person, actor=actor)
    before = snapshot_of(person.pk)
    User.objects.filter(pk=person.pk).update(is_active=False)
    record_change(person, before, actor)
    return bool(before["isActive"])


@transaction.atomic
def grant_superuser(*, person: User, actor: Actor) -> bool:
    """Let the person use the admin with all rights. Return whether anything changed.

    Raises Refused for a deactivated account.
    """
    second_factor.lock(person)
    before = snapshot_of(person.pk)
    if not before["isActive"]:
        raise Refused.because(
            "",
            "wrong_status",
            f"The account {person.username} is deactivated. Reactivate it first.",
        )
    User.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
    record_change(person, before, actor)
    return not (before["isStaff"] and before["isSuperuser"])


def is_last_superuser(person: User) -> bool:
    """Return whether nobody else who is active is a superuser, but this person is one."""
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk)
    return person.is_superuser and not others.exists()


def left_without_admin(person: User) -> list[Company]:
    """Return the companies of this person, by name, that have no active admin."""
    admins = Membership.objects.admins().filter(user__is_active=True)
    companies = Company.objects.filter(memberships__user=person)
    return list(companies.exclude(memberships__in=admins).order_by("name"))


@transaction.atomic
def reset_password(*, person: User, actor: Actor) -> str:
    """Set a random password, which the person must change at the next login, and return it.

    All sessions end. The second factor and the tokens remain valid.
    """
    password = new_password()
    change_password(user=person, password=password, actor=actor)
    person.must_change_password = True
    person.save(update_fields=["must_change_password"])
    return password
