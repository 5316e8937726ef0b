"""What a person reaches: the environment of a path, or all of them, for doors that offer a choice."""

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


def environment_of(caller: Caller, pk: uuid.UUID) -> Environment | None:
    """A live environment that the caller reaches, with its company and the caller's `role` there."""
    statement = _ANYWHERE if caller.environment_id is None else _IN_ITS_OWN
    row = statement.first(user=caller.user.pk, own=caller.environment_id, pk=pk)
    if row is None:
        return None
    *both, role = row
    environment = instance(Environment, both[:_ENVIRONMENT])
    environment.company = instance(Company, both[_ENVIRONMENT:])
    environment.role = role
    return environment


def environment_by_token(digest: str, pk: uuid.UUID) -> tuple[User, Token, Environment] | None:
    """Whose token it is, and the same environment, in one question. None says nothing at all.

    Of each only what a new volume needs is known.
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
    """The environments that a token of this person can be bound to, by company and name.

    Of more than `most` there are so many, whichever they are; `among` names those that are asked for.
    """
    caller = Caller(user=user, token=None, ip=None)
    found = Environment.objects.live().visible_to(caller).select_related("company")
    if among is not None:
        found = found.filter(pk__in=among)
    # Sorted when they are few: the database would put all of them in order first.
    few = sorted(found[:most], key=lambda one: (one.company.name, one.name))
    return [(environment.pk, f"{environment.company} / {environment}") for environment in few]


def company_of_environment(pk: uuid.UUID) -> uuid.UUID:
    """Return the ID of the company that owns the environment. Raises Environment.DoesNotExist."""
    return Environment.objects.values_list("company", flat=True).get(pk=pk)


@dataclass(frozen=True)
class _SomeCaller:
    """Whoever asks, by parameters."""

    user: Any
    environment_id: Any


def visible_environment(*, user: Any, pk: Any, own: Any = None) -> QuerySet[Environment]:
    """The environment `pk` if somebody reaches it; for statements, whose values come later."""
    caller = _SomeCaller(user=user, environment_id=own)
    return Environment.objects.live().visible_to(caller).filter(pk=pk)


def _whole(own: Any) -> QuerySet[Any, Any]:
    user, pk = QueryParam("user", BigAutoField()), QueryParam("pk", UUIDField())
    found = visible_environment(user=user, pk=pk, own=own)
    return found.values_list(*columns(Environment), *columns(Company, "company__"), "role")


def _by_token() -> QuerySet[Any, Any]:
    # As one column: each has the database look the token up once more.
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
