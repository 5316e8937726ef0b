"""Environments that a caller may see: the one of a path, or the choices of a form."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import BigAutoField, JSONField, QuerySet, Subquery, UUIDField
from django.db.models.functions import JSONObject

from accounts.auth.authentication import fast_path_tokens
from accounts.callers import Caller
from accounts.models import Company, Token, User
from config.db.statements import PreparedQuery, QueryParam, columns, instance
from volumes.models import Environment
from volumes.models.environment import EnvironmentQuerySet


def environment_of(caller: Caller, pk: uuid.UUID) -> Environment | None:
    """Return a live environment that the caller may see, with its company and the caller's `role`."""
    statement = _ANYWHERE if caller.environment_id is None else _IN_ITS_OWN
    row = statement.first(user=caller.user.pk, own=caller.environment_id, pk=pk)
    if row is None:
        return None
    *both, role, promise_limit, promised = row
    environment = instance(Environment, both[:_ENVIRONMENT])
    environment.company = instance(Company, both[_ENVIRONMENT:])
    environment.role = role
    environment.promise_limit, environment.promised = promise_limit, promised
    return environment


TokenAccess = tuple[User, Token, Environment]
"""A token's owner, the token, and an environment that it reaches."""


def environment_by_token(digest: str, pk: uuid.UUID) -> TokenAccess | None:
    """Return the token with this digest, its owner and the environment, in one query.

    The objects have only the fields that a new volume needs. None may have any reason.
    """
    row = _BY_TOKEN.first(digest=digest, pk=pk)
    if row is None:
        return None
    token, company, role = row
    environment = Environment.from_db(None, ["id", "company_id"], [pk, company])
    environment.role = role
    user = User.from_db(None, ["id"], [token.pop("owner")])
    token |= {"id": uuid.UUID(token["id"]), "environment_id": None}
    return user, Token.from_db(None, list(token), token.values()), environment


def environment_choices(
    user: User, *, most: int | None = None, among: Collection[uuid.UUID] | None = None
) -> list[tuple[uuid.UUID, str]]:
    """Return the environments that a token of this user can be bound to, by company and name.

    Returns at most `most` of them, an arbitrary selection. `among` limits them to these ids.
    """
    caller = Caller(user=user, token=None, ip=None)
    environments = Environment.objects.live().visible_to(caller).select_related("company")
    if among is not None:
        environments = environments.filter(pk__in=among)
    # Sort after the limit: the database would sort all of them first.
    few = sorted(environments[:most], key=lambda choice: (choice.company.name, choice.name))
    return [(environment.pk, f"{environment.company} / {environment}") for environment in few]


def company_of_environment(pk: uuid.UUID) -> uuid.UUID:
    """Return the ID of the company that owns the environment. Raises Environment.DoesNotExist."""
    return Environment.objects.values_list("company", flat=True).get(pk=pk)


@dataclass(frozen=True)
class _SomeCaller:
    """A caller given by query parameters."""

    user: Any
    environment_id: Any


def visible_environment(*, user: Any, pk: Any, own: Any = None) -> EnvironmentQuerySet:
    """Return a queryset of environment `pk` if `user` may see it. The arguments may be parameters."""
    caller = _SomeCaller(user=user, environment_id=own)
    return Environment.objects.live().visible_to(caller).filter(pk=pk)


def _whole(own: Any) -> QuerySet[Any, Any]:
    user, pk = QueryParam("user", BigAutoField()), QueryParam("pk", UUIDField())
    found = visible_environment(user=user, pk=pk, own=own).with_storage_room()
    return found.values_list(
        *columns(Environment), *columns(Company, "company__"), "role", "promise_limit", "promised"
    )


def _by_token() -> QuerySet[Any, Any]:
    # One JSON column: with several columns, the database would look the token up for each.
    token = JSONObject(id="id", name="name", scope="scope", owner="owner")
    owner = Subquery(fast_path_tokens().values("owner"))
    found = visible_environment(user=owner, pk=QueryParam("pk", UUIDField()))
    return found.values_list(
        Subquery(fast_path_tokens().values_list(token), JSONField()), "company", "role"
    )


_ENVIRONMENT = len(Environment._meta.concrete_fields)
_ANYWHERE = PreparedQuery(partial(_whole, None))
_IN_ITS_OWN = PreparedQuery(partial(_whole, QueryParam("own", UUIDField())))
_BY_TOKEN = PreparedQuery(_by_token)
