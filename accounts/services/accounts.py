"""Services with which operators end the access of accounts and reset passwords."""

from django.db import transaction

from accounts.auth import second_factor
from accounts.auth.revocation import revoke_all
from accounts.callers import Actor
from accounts.models import Company, Invitation, User
from accounts.passwords import new_password
from accounts.services.locks import lock_company
from accounts.services.tokens import change_password
from accounts.services.withdrawal import withdraw_invitations_of


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
def reset_password(*, person: User, actor: Actor) -> str:
    """Set a random password, which the person must change at the next login, and return it.

    All sessions end. The second factor and the tokens remain valid.
    """
    password = new_password()
    change_password(user=person, password=password, actor=actor)
    person.must_change_password = True
    person.save(update_fields=["must_change_password"])
    return password
