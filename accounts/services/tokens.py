"""Services of tokens and passwords."""

import secrets
import uuid
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.auth import second_factor, token_format
from accounts.auth.revocation import revoke
from accounts.callers import Actor
from accounts.models import Scope, Subject, Token, User
from accounts.validators import name_problem
from config.errors import Refused


@transaction.atomic
def create_token(
    *,
    owner: User,
    name: str,
    scope: Scope,
    environment_id: uuid.UUID | None,
    company_id: uuid.UUID | None,
    expires_at: datetime | None,
    actor: Actor,
) -> tuple[Token, str]:
    """Create a token. Return it and its secret, which is not stored. Raises Refused.

    `company_id` is the company of the environment that the token is bound to.
    """
    if problem := name_problem(name):
        raise Refused.because("name", "invalid", problem)
    # switch_off takes the same lock, so no token can be created after it revoked all.
    second_factor.lock(owner)
    if not second_factor.is_on(owner):
        raise Refused.because(
            "",
            "wrong_status",
            f"{owner.username} needs a second factor before a token can be made.",
        )
    secret = token_format.new_secret()
    token = Token.objects.create(
        owner=owner,
        name=name,
        digest=token_format.digest(secret),
        scope=scope,
        environment_id=environment_id,
        company_id=company_id,
        expires_at=expires_at,
    )
    expiry = expires_at.isoformat() if expires_at else None
    audit.record_of_token(
        actor=actor,
        action="create",
        token=token,
        changes={"scope": [None, str(scope)], "expiresAt": [None, expiry]},
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token: Token, actor: Actor) -> None:
    """Revoke the token, so that its next request is refused. Revoking it again changes nothing."""
    revoke([token], actor)


@transaction.atomic
def change_password(*, user: User, password: str, actor: Actor) -> None:
    """Set the password and end every session. The caller may keep its own with `refresh_session`."""
    second_factor.lock(user)
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    user.end_sessions()
    audit.record_for_user(actor=actor, action="update", subject=Subject.PASSWORD, person=user)


@transaction.atomic
def reset_login(*, user: User, actor: Actor) -> str:
    """Set a random password and return it; end all sessions, tokens and the second factor."""
    password = secrets.token_urlsafe(15)
    change_password(user=user, password=password, actor=actor)
    second_factor.switch_off(person=user, actor=actor)
    return password
