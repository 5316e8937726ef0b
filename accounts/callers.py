"""Who makes a request (Caller), and what the history records of them (Actor)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from accounts.models import Role, Scope, Token, User


@dataclass(frozen=True, slots=True)
class Actor:
    """Who made a change, through which interface and from which address, as a revision records it."""

    by: str
    via: str
    ip: str | None
    browser: str | None = None
    """The id of the browser, if the person has logged in there before: it has throttles of its own."""


SYSTEM = Actor(by="system", via="command", ip=None)


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated user, restricted by the token that was used. `token` is None for a session."""

    user: User
    token: Token | None
    ip: str | None

    @property
    def environment_id(self) -> uuid.UUID | None:
        """The only environment that the token gives access to. None if it is not restricted to one."""
        return self.token.environment_id if self.token else None

    @property
    def actor(self) -> Actor:
        via = f"token:{self.token.name}" if self.token else "session"
        return Actor(by=self.user.ref, via=via, ip=self.ip)

    def may(self, required: Role, *, role: str) -> bool:
        """Whether the caller, a member with `role`, may do what requires the role `required`.

        A token has at most the rights of its scope and at most those of its owner's present role.
        """
        if self.token and self.token.scope != Scope.WRITE and required != Role.VIEWER:
            return False
        return Role(role).includes(required)
