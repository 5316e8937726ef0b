"""Who asks: a person behind a session or a token, and how that is written down."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from accounts.models import Role, Scope, Token, User


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, by which door, from where: what a revision keeps."""

    by: str
    via: str
    ip: str | None
    browser: str | None = None
    """The id of the browser, if the person is known there: it has throttles of its own."""


SYSTEM = Actor(by="system", via="command", ip=None)


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, narrowed by the token that speaks for them (or None for a session)."""

    user: User
    token: Token | None
    ip: str | None

    @property
    def environment_id(self) -> uuid.UUID | None:
        """The one environment that the caller can reach, or None for every one."""
        return self.token.environment_id if self.token else None

    @property
    def actor(self) -> Actor:
        via = f"token:{self.token.name}" if self.token else "session"
        return Actor(by=self.user.ref, via=via, ip=self.ip)

    def may(self, needed: Role, *, role: str) -> bool:
        """Whether a member with `role` may do what needs `needed`, through these credentials.

        A token acts with the lesser of its scope and its owner's role of this moment.
        """
        if self.token and self.token.scope != Scope.WRITE and needed != Role.VIEWER:
            return False
        return Role(role).includes(needed)
