"""What people ask of accounts: tokens, passwords, members, companies.

The second factor is in second_factor.py.
"""

import secrets
import uuid
from datetime import datetime

from django.db import transaction

from accounts import audit, second_factor, throttle, tokens
from accounts.callers import Actor
from accounts.errors import Refused
from accounts.models import Company, Membership, Role, Scope, Subject, Token, User
from accounts.revocation import revoke
from accounts.rules import name_problem

# Tokens and passwords --------------------------------------------------------


@transaction.atomic
def create_token(
    *,
    owner: User,
    name: str,
    scope: Scope,
    environment_id: uuid.UUID | None,
    expires_at: datetime | None,
    actor: Actor,
) -> tuple[Token, str]:
    """A token and its secret, which nobody can show again."""
    if problem := name_problem(name):
        raise Refused("name", problem)
    # The same lock as switching the factor off: no token can slip in behind that.
    second_factor.lock(owner)
    if not second_factor.is_on(owner):
        raise Refused("", f"{owner.username} needs a second factor before a token can be made.")
    secret = tokens.new_secret()
    token = Token.objects.create(
        owner=owner,
        name=name,
        digest=tokens.digest(secret),
        scope=scope,
        environment_id=environment_id,
        expires_at=expires_at,
    )
    # The environment stays out of it: the owner's other companies read this entry too.
    expiry = expires_at.isoformat() if expires_at else None
    audit.record_of_person(
        actor=actor,
        action="create",
        subject=Subject.TOKEN,
        person=owner,
        name=name,
        changes={"scope": [None, str(scope)], "expiresAt": [None, expiry]},
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token: Token, actor: Actor) -> None:
    """The token's next request is refused. Revoking it again changes nothing."""
    revoke([token], actor)


@transaction.atomic
def change_password(*, user: User, password: str, actor: Actor) -> None:
    """Sets the password and ends every session; the caller may renew its own."""
    second_factor.lock(user)
    user.set_password(password)
    user.save(update_fields=["password"])
    user.end_sessions()
    audit.record_of_person(actor=actor, action="update", subject=Subject.PASSWORD, person=user)


@transaction.atomic
def reset_login(*, user: User, actor: Actor) -> str:
    """For who lost everything: a new password, and nothing of before opens anything."""
    password = secrets.token_urlsafe(15)
    change_password(user=user, password=password, actor=actor)
    second_factor.switch_off(person=user, actor=actor)
    return password


# Members ---------------------------------------------------------------------


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
        company=membership.company,
        changes={"role": role},
    )


# Companies -------------------------------------------------------------------


@transaction.atomic
def create_company(*, name: str, storage_quota: int | None, actor: Actor) -> Company:
    if problem := name_problem(name):
        raise Refused("name", problem)
    if Company.objects.filter(name=name).exists():
        raise Refused("name", f"There is a company {name} already.")
    company = Company.objects.create(name=name, storage_quota=storage_quota)
    changes: audit.Changes = {"name": [None, name], "storageQuota": [None, storage_quota]}
    _record_company(company, actor, "create", changes)
    return company


@transaction.atomic
def change_company(
    *, company: Company, name: str, storage_quota: int | None, actor: Actor
) -> Company:
    """Only what changed is written: `storage_used` moves under the same lock by other hands."""
    if problem := name_problem(name):
        raise Refused("name", problem)
    present = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    if Company.objects.filter(name=name).exclude(pk=present.pk).exists():
        raise Refused("name", f"There is a company {name} already.")
    changes: audit.Changes = {}
    if present.name != name:
        changes["name"] = [present.name, name]
    if present.storage_quota != storage_quota:
        changes["storageQuota"] = [present.storage_quota, storage_quota]
    if changes:
        present.name, present.storage_quota = name, storage_quota
        present.save(update_fields=["name", "storage_quota"])
        _record_company(present, actor, "update", changes)
    return present


def _record_company(company: Company, actor: Actor, action: str, changes: audit.Changes) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=Subject.COMPANY,
        subject_id=str(company.pk),
        subject_name=company.name,
        company=company,
        changes=changes,
    )
