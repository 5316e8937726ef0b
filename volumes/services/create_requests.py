"""Creates that wait for a group commit: by a token still to be looked up, and authorized ones."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from accounts.callers import Actor, Caller
from accounts.models import Role
from config import limits
from config.concurrency import Completion
from volumes.models import Environment, Volume
from volumes.queries.environments import TokenAccess, environment_by_token
from volumes.specs.volume import VolumeSpec


class PendingResult:
    """The volume that a create makes, or an error; neither if something prevents the volume."""

    def __init__(self) -> None:
        self.volume: Volume | None = None
        self.error: Exception | None = None
        self._is_finished = Completion()

    def finish(self, volume: Volume | None = None) -> None:
        """Wake the thread that waits for this result. `volume` is as its step left it."""
        self.volume = volume or self.volume
        self._is_finished.set()

    def is_finished_within(self, seconds: float) -> bool:
        """Wait for at most this time. Return whether the result is there."""
        return self._is_finished.wait(seconds)

    def wait(self) -> Volume | None:
        """Wait for the volume. Once it is written, wait for its step for INLINE_WAIT seconds at most.

        Raises the error.
        """
        while not self._is_finished.wait(limits.INLINE_WAIT) and self.volume is None:
            pass
        if self.error:
            raise self.error
        return self.volume


class AuthorizedCreate:
    """A create whose caller is authorized. Its spec has no parse problems."""

    def __init__(
        self,
        environment: Environment,
        spec: VolumeSpec,
        actor: Actor,
        *,
        digest: str = "",
        result: PendingResult | None = None,
    ) -> None:
        """`digest` is the token's, if it is by token."""
        self.environment = environment
        self.spec = spec
        self.actor = actor
        self.digest = digest
        self.result = result or PendingResult()


class CreateByToken:
    """A create whose token is still to be looked up. Its spec has no parse problems."""

    def __init__(
        self,
        environment_id: uuid.UUID,
        spec: VolumeSpec,
        *,
        digest: str,
        ip: str | None,
        admit: Callable[[], object],
    ) -> None:
        """`admit` is called once the caller is authorized. It raises an exception to refuse."""
        self.environment_id = environment_id
        self.spec = spec
        self.digest = digest
        self.ip = ip
        self.admit = admit
        self.result = PendingResult()


def authorize(creates: Sequence[CreateByToken]) -> list[AuthorizedCreate]:
    """Return the creates that their tokens allow, by second factor, role and scope. Finish the others.

    Each token is looked up once. All creates are for one environment.
    """
    found: dict[str, TokenAccess | None] = {}
    authorized = []
    for create in creates:
        try:
            if create.digest not in found:
                found[create.digest] = environment_by_token(create.digest, create.environment_id)
            if one := _authorized(create, found[create.digest]):
                authorized.append(one)
                continue
        except Exception as error:  # the thread that waits for this create raises it
            create.result.error = error
        create.result.finish()
    return authorized


def _authorized(create: CreateByToken, access: TokenAccess | None) -> AuthorizedCreate | None:
    if access is None:
        return None
    user, token, environment = access
    caller = Caller(user=user, token=token, ip=create.ip)
    if not caller.may(Role.EDITOR, role=environment.role):
        return None
    create.admit()
    return AuthorizedCreate(
        environment, create.spec, caller.actor, digest=create.digest, result=create.result
    )
