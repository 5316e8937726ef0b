"""Locks have one order everywhere, which prevents deadlocks: company, environment, volume."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db.models import Expression, IntegerField, UUIDField
from django.utils import timezone

from accounts.callers import Actor
from config.db.statements import PreparedQuery, PreparedUpdate, QueryParam, columns, instance
from config.errors import NotFound, PreconditionFailed, Refused
from config.faultpoints import faultpoint
from volumes.models import Environment, Volume
from volumes.models.base import Versioned
from volumes.queries.quota import lock_quotas
from volumes.specs.parsers import InvalidValue


def lock_environment(environment: Environment) -> Environment:
    """Lock both quotas until the transaction ends, and return the current environment.

    Raises NotFound, also if it was deleted meanwhile.
    """
    try:
        found = lock_quotas(environment.pk)
    except Environment.DoesNotExist:
        raise NotFound from None
    if found.is_deleted:
        raise NotFound
    faultpoint("change:begun")
    return found


def lock_volume(environment: Environment, volume_id: uuid.UUID) -> Volume:
    """Lock and return a live volume of a locked environment. Raises NotFound."""
    row = _VOLUME.first(environment=environment.pk, pk=volume_id)
    if row is None:
        raise NotFound
    found = instance(Volume, row)
    found.environment = environment
    return found


class Precondition:
    """The condition of If-Match: one of some versions, or any version.

    `weak_versions` are those of weak tags, which never match (RFC 9110, 13.1.1).
    """

    def __init__(
        self, versions: Collection[str] | None = None, *, weak_versions: Sequence[str] = ()
    ) -> None:
        self.versions = versions
        self.weak_versions = weak_versions

    def check(self, row: Versioned) -> None:
        """Raise PreconditionFailed if the row has another version."""
        if self.versions is None or str(row.version) in self.versions:
            return
        if self.weak_versions:
            # A tag without a decimal version never belonged to this row.
            versions = [version for version in self.weak_versions if version.isdecimal()]
            cure = f'send If-Match: "{versions[0] if versions else row.version}"'
            raise PreconditionFailed(f"the tag was weakened by a proxy; {cure}")
        raise PreconditionFailed(
            f"The current version is {row.version}. Read it again before you change or delete it."
        )


ANY = Precondition()


def check_version(row: Versioned, given: int | InvalidValue | None) -> None:
    """A version sent along must be the present one: of N writers that read it, one succeeds."""
    if given is None:
        return
    if isinstance(given, InvalidValue):
        raise Refused.because("version", "invalid", str(given))
    if given != row.version:
        raise Refused.because("version", "stale_version", f"is {row.version} by now")


def created_by(actor: Actor) -> dict[str, Any]:
    """Return the columns for creator and creation time, which are also those of the last change."""
    now = timezone.now()
    return {
        "created_by": actor.by,
        "modified_by": actor.by,
        "created_at": now,
        "modified_at": now,
    }


def bump_version(row: Versioned, by: str) -> int:
    """Increment the version and set who changed the row and when. Return the old version.

    `modified_at` never moves back, even if this server's clock is behind. The row is written only if
    it still has the version that was read, so no later time is overwritten.
    """
    before = row.version
    row.version = before + 1
    row.modified_by = by
    row.modified_at = max(row.modified_at, timezone.now())
    return before


def save_if_unchanged(
    row: Versioned, *, expected: int, fields: Iterable[str], **worked_out: Expression | None
) -> None:
    """Save these fields if the row still has the `expected` version, in addition to the locks.

    Other keywords are columns with expressions, such as the database's time. Raises Refused.
    """
    names = (*fields, "version", "modified_by", "modified_at")
    values = {name: getattr(row, name) for name in names}
    writing = _writing(type(row), names, tuple(worked_out.items()))
    if writing.count(pk=row.pk, expected=expected, **values) != 1:
        raise Refused.because("version", "stale_version", "was changed by somebody else")


@lru_cache(maxsize=32)
def _writing(
    model: type[Versioned],
    names: tuple[str, ...],
    worked_out: tuple[tuple[str, Expression | None], ...],
) -> PreparedUpdate:
    fields: Any = {name: model._meta.get_field(name) for name in names}
    values: dict[str, Any] = {name: QueryParam(name, field) for name, field in fields.items()}
    return PreparedUpdate(
        lambda: (
            model._default_manager.filter(pk=_PK, version=_EXPECTED),
            values | dict(worked_out),
        )
    )


_PK: Any = QueryParam("pk", UUIDField())
_EXPECTED: Any = QueryParam("expected", IntegerField())
_ENVIRONMENT: Any = QueryParam("environment", UUIDField())
_VOLUME = PreparedQuery(
    lambda: (
        Volume.objects.live()
        .filter(environment=_ENVIRONMENT, pk=_PK)
        .select_for_update()
        .values_list(*columns(Volume))
    )
)
