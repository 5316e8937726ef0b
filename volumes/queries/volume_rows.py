"""Read volumes as rows of columns in their form in the API.

The database formats identifiers and times. To build objects and format them again would cost more than
all the rest of a response.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import CharField, F, Func, OuterRef, QuerySet, Subquery, TextField, UUIDField
from django.db.models.expressions import Combinable

from accounts.auth.authentication import fast_path_tokens
from config.db.statements import PreparedQuery, QueryParam
from volumes.models import Attachment, Volume
from volumes.queries.environments import visible_environment
from volumes.queries.search import MaterializedIn

FIRST = uuid.UUID(int=0)
"""Sorts before every identifier."""


class Rfc3339(Func):
    """A time as RFC 3339 in UTC, always with six decimals and Z."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        form = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
        template = f"to_char(%(expressions)s AT TIME ZONE 'UTC', '{form}')"
        return self.as_sql(compiler, connection, template=template)

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        # Django stores UTC, without decimals for whole seconds.
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
    """The labels as compact JSON. Neither keys nor values can contain a blank."""

    output_field = TextField()
    template = "replace(CAST(%(expressions)s AS text), ' ', '')"


class StringAgg(Subquery):
    """The column `x` of all rows of a queryset, in order, joined by commas; null without rows."""

    template = "(SELECT %(function)s(x, ',') FROM (%(subquery)s) found)"

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self.as_sql(compiler, connection, function="string_agg")

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self.as_sql(compiler, connection, function="group_concat")


class VolumeRow(NamedTuple):
    """One volume, in the order of the API. `labels` is JSON; the other fields have their form in the API.

    `application_ids` are those of the attachments, oldest first, joined by commas.
    """

    id: str
    name: str
    environment_id: str
    company_id: str
    size: int
    mount_path: str
    is_deleted: bool
    created_by: str
    modified_by: str
    version: int
    description: str
    labels: str
    protected: bool
    status: str
    status_message: str
    provisioned_size: int | None
    used_size: int | None
    used_size_at: str | None
    application_ids: str | None
    created_at: str
    modified_at: str
    size_enforced: bool


_MOUNTS = Attachment.objects.filter(volume=OuterRef("pk")).order_by("id")

COMPUTED: dict[str, Combinable] = {
    "id": Identifier("id"),
    "environment_id": Identifier("environment_id"),
    "company_id": Identifier("environment__company_id"),
    "application_ids": StringAgg(
        _MOUNTS.values(x=Identifier("application_id")), output_field=TextField()
    ),
    "labels": Labels("labels"),
    "used_size_at": Rfc3339("used_size_at"),
    "created_at": Rfc3339("created_at"),
    "modified_at": Rfc3339("modified_at"),
}
"""The columns that the database writes as the wire has them. All others are read as they are."""

COLUMNS = tuple(COMPUTED.get(name, name) for name in VolumeRow._fields)


def get_volume_row(
    environment: uuid.UUID, pk: uuid.UUID, *, deleted_too: bool = False
) -> VolumeRow | None:
    """Return one volume of an environment."""
    statement = _ONE_EVEN_DELETED if deleted_too else _ONE
    return _first(statement.rows(environment=environment, pk=pk))


def is_name_taken(environment: uuid.UUID, name: str) -> bool:
    """Return whether a volume of the environment that is not deleted has this name."""
    return _NAMESAKE.first(environment=environment, name=name) is not None


def volume_by_token(digest: str, environment: uuid.UUID, pk: uuid.UUID) -> VolumeRow | None:
    """Return one volume, if the token with this digest may read it, in one query.

    None may have any reason.
    """
    return _first(_ONE_BY_TOKEN.rows(digest=digest, environment=environment, pk=pk))


def page_by_token(
    digest: str, environment: uuid.UUID, after: uuid.UUID, limit: int
) -> list[VolumeRow]:
    """Return the next `limit` live volumes of an environment, in creation order, if the token with
    this digest may read them. An empty list may have any reason.
    """
    rows = _page_by_token(limit).rows(digest=digest, environment=environment, after=after)
    return _as_rows(rows)


def continued(rows: list[VolumeRow], environment: uuid.UUID) -> Iterator[VolumeRow]:
    """Yield these rows and all that follow, for a caller that may read these."""
    while rows:
        yield from rows
        last = uuid.UUID(rows[-1].id)
        rows = _as_rows(_NEXT.rows(environment=environment, after=last))


def load_rows(page: QuerySet[Volume]) -> QuerySet[Volume, Any]:
    """Return the volumes of a page as rows of COLUMNS, with any filter and order.

    The volumes are found before their attachments. PostgreSQL overestimates the cost of attachments so
    much that it would choose an arbitrary plan for the volumes.
    """
    volumes = Volume.objects.filter(MaterializedIn(F("pk"), Subquery(page.values("pk"))))
    return volumes.order_by(*page.query.order_by).values_list(*COLUMNS)


def _as_rows(rows: Iterable[Any]) -> list[VolumeRow]:
    return list(map(VolumeRow._make, rows))


def _first(rows: list[Any]) -> VolumeRow | None:
    return VolumeRow._make(rows[0]) if rows else None


def _one(volumes: QuerySet[Any]) -> QuerySet[Any, Any]:
    return volumes.filter(environment=ENVIRONMENT, pk=QueryParam("pk", UUIDField())).values_list(
        *COLUMNS
    )


def _next(volumes: QuerySet[Any], limit: int) -> QuerySet[Any, Any]:
    after = QueryParam("after", UUIDField())
    following = volumes.filter(environment=ENVIRONMENT, id__gt=after)
    return following.order_by("id").values_list(*COLUMNS)[:limit]


def _by_token() -> QuerySet[Any]:
    """Return the live volumes that a token of the fast path may read."""
    environments = visible_environment(
        user=Subquery(fast_path_tokens().values("owner")), pk=ENVIRONMENT
    )
    return Volume.objects.live().filter(environment__in=environments)


ENVIRONMENT = QueryParam("environment", UUIDField())

FOLLOWING = 300
"""Rows that one query of a long response reads: few enough for memory, enough for speed."""

_NAMESAKE = PreparedQuery(
    lambda: (
        Volume.objects.live()
        .filter(environment=ENVIRONMENT, name=QueryParam("name", CharField()))
        .values_list("id")
    )
)
_NEXT = PreparedQuery(lambda: _next(Volume.objects.live(), FOLLOWING))
_ONE = PreparedQuery(lambda: _one(Volume.objects.live()))
_ONE_EVEN_DELETED = PreparedQuery(lambda: _one(Volume.objects.all()))
_ONE_BY_TOKEN = PreparedQuery(lambda: _one(_by_token()))


@lru_cache(maxsize=32)
def _page_by_token(limit: int) -> PreparedQuery:
    return PreparedQuery(lambda: _next(_by_token(), limit))
