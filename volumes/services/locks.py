"""Locks in one order: company, environment, volume. Whoever keeps it never waits in a circle."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import UUIDField
from django.utils import timezone

from accounts.callers import Actor
from accounts.models import Company
from config.prepared import Parameter, Prepared, columns, instance
from volumes.backends.faultpoints import faultpoint
from volumes.errors import NotFound, Refused, Stale
from volumes.models import Environment, Volume
from volumes.models.base import Versioned
from volumes.rules.fields import Body, Unreadable, integer


def locked(environment: Environment) -> Environment:
    """The environment as it is now, with both rows of quotas locked until the transaction ends.

    Both, outermost first: two requests must not take the last of either quota.
    """
    row = _BOTH.first(pk=environment.pk)
    if row is None:
        raise NotFound
    found = instance(Environment, row[_COMPANY:])
    found.company = instance(Company, row[:_COMPANY])
    faultpoint("change:begun")
    return found


def locked_volume(environment: Environment, volume_id: uuid.UUID) -> Volume:
    """A live volume of a locked environment."""
    found: Volume | None = (
        environment.volumes.live().select_for_update().filter(pk=volume_id).first()
    )
    if found is None:
        raise NotFound
    found.environment = environment
    return found


_COMPANY = len(Company._meta.concrete_fields)
# The rows of a join are locked in the order in which it names their tables: here the company's first.
_BOTH = Prepared(
    lambda: (
        Company.objects.select_for_update(no_key=True)
        .filter(environments__pk=Parameter("pk", UUIDField()), environments__is_deleted=False)
        .values_list(*columns(Company), *columns(Environment, "environments__"))
    )
)


class Precondition:
    """What If-Match demands: one of some versions, whatever exists (`*`), or nothing."""

    def __init__(self, versions: frozenset[str] | None = None, *, anything: bool = True) -> None:
        self.versions = versions
        self.anything = anything

    def check(self, row: Versioned) -> None:
        if not self.anything and str(row.version) not in (self.versions or ()):
            raise Stale(f"It is at version {row.version} by now.")


ANY = Precondition()


def check_version(row: Versioned, body: Body) -> None:
    """A version sent along must be the present one: of N writers that read it, one succeeds."""
    if "version" not in body:
        return
    try:
        given = integer(body["version"])
    except Unreadable as error:
        raise Refused.because("version", "invalid", str(error)) from None
    if given != row.version:
        raise Refused.because("version", "stale_version", f"is {row.version} by now")


def created_by(actor: Actor) -> dict[str, Any]:
    """Who made a row, and when: at first that is who changed it last."""
    now = timezone.now()
    return {
        "created_by": actor.by,
        "modified_by": actor.by,
        "created_at": now,
        "modified_at": now,
    }


def touch(row: Versioned, by: str) -> int:
    """One more version, by whom and now. Returns the version that the row had."""
    before = row.version
    row.version = before + 1
    row.modified_by = by
    row.modified_at = timezone.now()
    return before


def write(row: Versioned, *, expected: int, fields: list[str]) -> None:
    """Save these fields if nobody changed the row since: the last line behind the locks."""
    fields = [*fields, "version", "modified_by", "modified_at"]
    values = {name: getattr(row, name) for name in fields}
    model = type(row)
    if model._default_manager.filter(pk=row.pk, version=expected).update(**values) != 1:
        raise Refused.because("version", "stale_version", "was changed by somebody else")
