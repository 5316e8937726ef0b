"""Volumes as answers show them: read column by column, in the form that the wire has.

The database writes identifiers and times; making objects of them, only to write them again, costs more
than all the rest of an answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import F, Func, QuerySet, Subquery, TextField, UUIDField
from django.db.models.functions import Now

from accounts.authentication import credentials
from config.prepared import IsAmong, Parameter, Prepared, Several
from volumes.models import Attachment, Volume
from volumes.reach import reached

FIRST = uuid.UUID(int=0)
"""Before every identifier."""


class Moment(Func):
    """RFC 3339 in UTC with six decimals and Z, always."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        form = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
        template = f"to_char(%(expressions)s AT TIME ZONE 'UTC', '{form}')"
        return self.as_sql(compiler, connection, template=template)

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        # Written by Django in UTC, with no decimals where there are none.
        sql, parameters = compiler.compile(self.source_expressions[0])
        decimals = f"CASE length({sql}) WHEN 19 THEN '.000000Z' ELSE 'Z' END"
        return f"replace({sql}, ' ', 'T') || {decimals}", [*parameters, *parameters]


class Identifier(Func):
    """A UUID as text."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self.as_sql(compiler, connection, template="%(expressions)s::text")

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        sql, parameters = compiler.compile(self.source_expressions[0])
        parts = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)]
        text = " || '-' || ".join(f"substr({sql}, {first}, {long})" for first, long in parts)
        return text, [*parameters * len(parts)]


class Labels(Func):
    """The map as compact JSON: neither keys nor values can hold a blank."""

    output_field = TextField()
    template = "replace(CAST(%(expressions)s AS text), ' ', '')"


class VolumeRow(NamedTuple):
    """One volume; `labels` is JSON, the others are what they are on the wire."""

    id: str
    environment_id: str
    company_id: str
    labels: str
    used_size_at: str | None
    created_at: str
    modified_at: str
    name: str
    size: int
    mount_path: str
    is_deleted: bool
    created_by: str
    modified_by: str
    version: int
    description: str
    protected: bool
    status: str
    status_message: str
    provisioned_size: int | None
    used_size: int | None


COLUMNS = (
    Identifier("id"),
    Identifier("environment_id"),
    Identifier("environment__company_id"),
    Labels("labels"),
    Moment("used_size_at"),
    Moment("created_at"),
    Moment("modified_at"),
    *VolumeRow._fields[7:],
)

Mounted = tuple[VolumeRow, list[str]]
"""A volume and the applications that mount it, in the order in which they were attached."""


def volume_in(
    environment: uuid.UUID, pk: uuid.UUID, *, deleted_too: bool = False
) -> Mounted | None:
    """One volume of an environment."""
    statement = _ONE_EVEN_DELETED if deleted_too else _ONE
    return _one_of(statement.rows(environment=environment, pk=pk))


def volume_by_token(digest: str, environment: uuid.UUID, pk: uuid.UUID) -> Mounted | None:
    """The same in one question, for whoever may read it by a token; None says nothing at all."""
    return _one_of(_ONE_BY_TOKEN.rows(digest=digest, environment=environment, pk=pk))


def page_in(environment: uuid.UUID, after: uuid.UUID, limit: int) -> list[Mounted]:
    """The next `limit` live volumes of an environment, in creation order."""
    return mounted(_page(limit).rows(environment=environment, after=after))


def page_by_token(
    digest: str, environment: uuid.UUID, after: uuid.UUID, limit: int
) -> list[Mounted]:
    """The same in one question, for whoever may read it by a token; an empty list says nothing."""
    found = _page_by_token(limit).rows(digest=digest, environment=environment, after=after)
    return mounted(found)


def mounted(rows: Iterable[Any]) -> list[Mounted]:
    """Rows of COLUMNS, each with the applications that mount it."""
    found = [VolumeRow(*row) for row in rows]
    mounts: dict[str, list[str]] = {row.id: [] for row in found}
    if found:
        for volume, application in _MOUNTS.rows(volumes=[uuid.UUID(row.id) for row in found]):
            mounts[volume].append(application)
    return [(row, mounts[row.id]) for row in found]


def _one_of(rows: list[Any]) -> Mounted | None:
    if not rows:
        return None
    return VolumeRow(*rows[0][:-1]), [application for *_, application in rows if application]


def _one(volumes: QuerySet[Any]) -> QuerySet[Any, Any]:
    return (
        volumes.filter(environment=ENVIRONMENT, pk=Parameter("pk", UUIDField()))
        .order_by("attachments__id")
        .values_list(*COLUMNS, Identifier("attachments__application_id"))
    )


def _next(volumes: QuerySet[Any], limit: int) -> QuerySet[Any, Any]:
    after = Parameter("after", UUIDField())
    found = volumes.filter(environment=ENVIRONMENT, id__gt=after)
    return found.order_by("id").values_list(*COLUMNS)[:limit]


def _by_token() -> QuerySet[Any]:
    """Live volumes that a token may read: one that is bound to nothing and noted a moment ago."""
    tokens = credentials().filter(
        has_second_factor=True,
        environment_id__isnull=True,
        last_used_at__gt=Now() - timedelta(minutes=1),
    )
    environments = reached(user=Subquery(tokens.values("owner")), pk=ENVIRONMENT)
    return Volume.objects.live().filter(environment__in=environments)


ENVIRONMENT = Parameter("environment", UUIDField())

_ONE = Prepared(lambda: _one(Volume.objects.live()))
_ONE_EVEN_DELETED = Prepared(lambda: _one(Volume.objects.all()))
_ONE_BY_TOKEN = Prepared(lambda: _one(_by_token()))
_MOUNTS = Prepared(
    lambda: (
        Attachment.objects.filter(IsAmong(F("volume_id"), Parameter("volumes", Several())))
        .order_by("id")
        .values_list(Identifier("volume_id"), Identifier("application_id"))
    )
)


@lru_cache(maxsize=32)
def _page(limit: int) -> Prepared:
    return Prepared(lambda: _next(Volume.objects.live(), limit))


@lru_cache(maxsize=32)
def _page_by_token(limit: int) -> Prepared:
    return Prepared(lambda: _next(_by_token(), limit))
