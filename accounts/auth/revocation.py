"""The one place where tokens end."""

from collections.abc import Iterable

from django.utils import timezone

from accounts import audit
from accounts.callers import Actor
from accounts.models import Token, User


def revoke(tokens: Iterable[Token], actor: Actor) -> int:
    """Ends those that are not ended yet, each with its line in the history. Says how many.

    Call it inside a transaction.
    """
    ended = 0
    for token in tokens:
        alive = Token.objects.filter(pk=token.pk, revoked_at=None)
        if alive.update(revoked_at=timezone.now()):
            audit.record_of_token(actor=actor, action="revoke", token=token)
            ended += 1
    return ended


def revoke_all(person: User, actor: Actor) -> int:
    return revoke(person.tokens.filter(revoked_at=None).select_related("owner"), actor)
