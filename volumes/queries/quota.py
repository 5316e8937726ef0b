"""Quotas of environments and companies: lock their rows, count usage, check for free space."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import BigIntegerField, Exists, Expression, F, Q, QuerySet, UUIDField

from accounts.models import Company
from config.db.cte import execute
from config.db.statements import (
    PreparedQuery,
    PreparedUpdate,
    QueryParam,
    Statement,
    any_of,
    columns,
    instance,
)
from volumes.models import Environment, Volume


def fits_quota(extra: Expression) -> Q:
    """Return whether `extra` more MB fit the quota of an environment or company, if it has one."""
    return Q(storage_quota__isnull=True) | Q(storage_quota__gte=F("storage_used") + extra)


def lock_quotas(environment_id: uuid.UUID) -> Environment:
    """Lock and return the environment, deleted or not, and its company, until the transaction ends.

    Two requests must not use the last free space of either quota. Raises Environment.DoesNotExist.
    """
    row = _BOTH.first(pk=environment_id)
    if row is None:
        raise Environment.DoesNotExist
    found = instance(Environment, row[_COMPANY:])
    found.company = instance(Company, row[:_COMPANY])
    return found


def add_usage(environment: Environment, extra: int) -> None:
    """Add `extra` MB (MiB), which may be negative, to the usage of both quotas. Their rows are locked."""
    if extra:
        execute(*usage_statements(environment, extra))


def usage_statements(environment: Environment, extra: int) -> list[Statement]:
    """Return the statements of `add_usage`."""
    return [
        _ENVIRONMENT_USES.with_values(pk=environment.pk, extra=extra),
        _COMPANY_USES.with_values(pk=environment.company_id, extra=extra),
    ]


def quota_lock_statements(
    environment: Environment, extra: int, names: Sequence[str]
) -> list[Statement]:
    """Return statements that lock both quotas' rows, company first.

    They find their rows only if both quotas have `extra` MB left and the names are free.
    """
    return [
        _COMPANY_HAS.with_values(pk=environment.company_id, extra=extra),
        _ENVIRONMENT_HAS.with_values(pk=environment.pk, extra=extra, names=names),
    ]


def _uses(owners: QuerySet[Any]) -> tuple[QuerySet[Any], dict[str, Any]]:
    return owners.filter(pk=_PK), {"storage_used": F("storage_used") + _EXTRA}


def _has_room(owners: QuerySet[Any]) -> QuerySet[Any, Any]:
    found = owners.filter(fits_quota(_EXTRA), pk=_PK).select_for_update(no_key=True)
    return found.values_list("pk")


def _without_namesakes() -> QuerySet[Any]:
    namesakes = Volume.objects.live().filter(any_of("name", "names"), environment=_PK)
    return Environment.objects.live().filter(~Exists(namesakes))


_PK: uuid.UUID | Any = QueryParam("pk", UUIDField())
_EXTRA = QueryParam("extra", BigIntegerField())
_COMPANY = len(Company._meta.concrete_fields)
# The database locks the rows of a join in the order of its tables: here the company's first.
_BOTH = PreparedQuery(
    lambda: (
        Company.objects.select_for_update(no_key=True)
        .filter(environments__pk=_PK)
        .values_list(*columns(Company), *columns(Environment, "environments__"))
    )
)
_COMPANY_HAS = PreparedQuery(lambda: _has_room(Company.objects.all()))
_ENVIRONMENT_HAS = PreparedQuery(lambda: _has_room(_without_namesakes()))
_ENVIRONMENT_USES = PreparedUpdate(lambda: _uses(Environment.objects.all()))
_COMPANY_USES = PreparedUpdate(lambda: _uses(Company.objects.all()))
