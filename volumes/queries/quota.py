"""Quotas of environments and companies, and what the storage may promise to all of them.

Locks their rows, counts usage, and checks for free space. The storage's row is locked last, and only if
there is a rule: all creates of all companies wait for it.
"""

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
from volumes.models import Environment, StorageState, Volume
from volumes.models.storage_state import promise_columns


def fits_quota(extra: Expression) -> Q:
    """Return whether `extra` more MB fit the quota of an environment or company, if it has one."""
    return Q(storage_quota__isnull=True) | Q(storage_quota__gte=F("storage_used") + extra)


def lock_quotas(environment_id: uuid.UUID) -> Environment:
    """Lock and return the environment, deleted or not, and its company, until the transaction ends.

    Two requests must not use the last free space of either quota. The environment also says whether
    there is a rule of the storage. Raises Environment.DoesNotExist.
    """
    row = _BOTH.first(pk=environment_id)
    if row is None:
        raise Environment.DoesNotExist
    *both, promise_limit, promised = row
    found = instance(Environment, both[_COMPANY:])
    found.company = instance(Company, both[:_COMPANY])
    found.promise_limit, found.promised = promise_limit, promised
    return found


def lock_storage_room(environment: Environment) -> None:
    """Lock the storage's row if there is a rule, and read into the environment what is promised now.

    Nobody else promises anything until the transaction ends. Lock everything else before.
    """
    if environment.promise_limit is None:
        return
    (row,) = _STORAGE.rows()
    environment.promise_limit, environment.promised = row


def is_storage_limited() -> bool:
    """Return whether there is a rule of the storage."""
    return _RULE.first() is not None


def add_usage(environment: Environment, extra: int) -> None:
    """Add `extra` MB (MiB), which may be negative, to the usage of both quotas, and of the storage if
    there is a rule. The rows of the quotas are locked.
    """
    if extra:
        is_limited = environment.promise_limit is not None
        execute(*usage_statements(environment, extra, is_storage_limited=is_limited))


def usage_statements(
    environment: Environment, extra: int, *, is_storage_limited: bool
) -> list[Statement]:
    """Return the statements of `add_usage`."""
    statements = [
        _ENVIRONMENT_USES.with_values(pk=environment.pk, extra=extra),
        _COMPANY_USES.with_values(pk=environment.company_id, extra=extra),
    ]
    if is_storage_limited:
        statements.append(_STORAGE_PROMISES.with_values(extra=extra))
    return statements


def quota_lock_statements(
    environment: Environment, extra: int, names: Sequence[str], *, is_storage_limited: bool
) -> list[Statement]:
    """Return statements that lock both quotas' rows, company first, and last the storage's.

    They find their rows only if there are `extra` MB left and the names are free. Without
    `is_storage_limited` they leave the storage's row alone, and find nothing if there is a rule.
    """
    company = _COMPANY_HAS.with_values(pk=environment.company_id, extra=extra)
    values = {"pk": environment.pk, "extra": extra, "names": names}
    if not is_storage_limited:
        return [company, _ENVIRONMENT_HAS_WITHOUT_RULE.with_values(**values)]
    storage = _STORAGE_HAS.with_values(extra=extra)
    return [company, _ENVIRONMENT_HAS.with_values(**values), storage]


def _uses(owners: QuerySet[Any]) -> tuple[QuerySet[Any], dict[str, Any]]:
    return owners.filter(pk=_PK), {"storage_used": F("storage_used") + _EXTRA}


def _has_room(owners: QuerySet[Any]) -> QuerySet[Any, Any]:
    found = owners.filter(fits_quota(_EXTRA), pk=_PK).select_for_update(no_key=True)
    return found.values_list("pk")


def _without_namesakes() -> QuerySet[Any]:
    namesakes = Volume.objects.live().filter(any_of("name", "names"), environment=_PK)
    return Environment.objects.live().filter(~Exists(namesakes))


def _limited() -> QuerySet[StorageState]:
    return StorageState.objects.filter(number=1, promise_limit__isnull=False)


_PK: uuid.UUID | Any = QueryParam("pk", UUIDField())
_EXTRA = QueryParam("extra", BigIntegerField())
_COMPANY = len(Company._meta.concrete_fields)
# The database locks the rows of a join in the order of its tables: here the company's first.
_BOTH = PreparedQuery(
    lambda: (
        Company.objects.select_for_update(no_key=True)
        .filter(environments__pk=_PK)
        .annotate(**promise_columns())
        .values_list(
            *columns(Company), *columns(Environment, "environments__"), "promise_limit", "promised"
        )
    )
)
_STORAGE = PreparedQuery(
    lambda: (
        StorageState.objects.filter(number=1)
        .select_for_update(no_key=True)
        .values_list("promise_limit", "promised")
    )
)
_RULE = PreparedQuery(lambda: _limited().values_list("number"))
_COMPANY_HAS = PreparedQuery(lambda: _has_room(Company.objects.all()))
_ENVIRONMENT_HAS = PreparedQuery(lambda: _has_room(_without_namesakes()))
_ENVIRONMENT_HAS_WITHOUT_RULE = PreparedQuery(
    lambda: _has_room(_without_namesakes().filter(~Exists(_limited())))
)
_STORAGE_HAS = PreparedQuery(
    lambda: (
        _limited()
        .filter(promise_limit__gte=F("promised") + _EXTRA)
        .select_for_update(no_key=True)
        .values_list("number")
    )
)
_ENVIRONMENT_USES = PreparedUpdate(lambda: _uses(Environment.objects.all()))
_COMPANY_USES = PreparedUpdate(lambda: _uses(Company.objects.all()))
_STORAGE_PROMISES = PreparedUpdate(lambda: (_limited(), {"promised": F("promised") + _EXTRA}))
