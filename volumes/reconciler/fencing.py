"""Fence writes of many rows at once, each with its own lease and version."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import BooleanField, F, Field, Func

from config.db.statements import QueryParam


class _Fences(Field):  # type: ignore[type-arg]  # Django has no generics when it runs
    """A parameter of claimed rows: ids, lease owners and versions as JSON."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        as_text = str if connection.vendor == "postgresql" else _hex
        return json.dumps(
            [[as_text(row.pk), as_text(row.lease_owner), row.version] for row in value]
        )


class _Claim(Func):
    template = "(%(expressions)s)"


class StillClaimed(Func):
    """True for a volume that still has the lease and the version of its claim."""

    output_field = BooleanField()

    def __init__(self, parameter: str) -> None:
        """`parameter` is the name of the parameter for the claimed volumes, any number of them."""
        current = _Claim(F("pk"), F("lease_owner"), F("version"), output_field=BooleanField())
        super().__init__(current, QueryParam(parameter, _Fences()))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "%(expressions)s::jsonb) AS one)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=_POSTGRESQL)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="%(expressions)s))", arg_joiner=_SQLITE)


_POSTGRESQL = (
    " IN (SELECT CAST(one->>0 AS uuid), CAST(one->>1 AS uuid), CAST(one->>2 AS integer)"
    " FROM jsonb_array_elements("
)
_SQLITE = (
    " IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')"
    " FROM json_each("
)


def _hex(value: Any) -> str:
    return str(value.hex)
