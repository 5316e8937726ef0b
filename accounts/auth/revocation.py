"""Revokes tokens. No other module does."""

from collections.abc import Iterable

from django.utils import timezone

from accounts import audit
from accounts.callers import Actor
from accounts.models import Token, User


def revoke(tokens: Iterable[Token], actor: Actor) -> int:
    """Revoke the tokens that are not revoked yet, each with a history entry. Return how many.

    Call it in a transaction.
    """
    count = 0
    for token in tokens:
        unrevoked = Token.objects.filter(pk=token.pk, revoked_at=None)
        if unrevoked.update(revoked_at=timezone.now()):
            audit.record_of_token(actor=actor, action="revoke", token=token)
            count += 1
    return count


def revoke_all(person: User, actor: Actor) -> int:
    return revoke(person.tokens.filter(revoked_at=None).select_related("owner"), actor)
