"""Whether rows are as they were claimed: of many at once, each with a lease and a version of its own."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import BooleanField, F, Field, Func

from config.db.statements import QueryParam


class _Fences(Field):  # type: ignore[type-arg]  # Django has no generics when it runs
    """Rows as they were claimed."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        kept = str if connection.vendor == "postgresql" else _hex
        return json.dumps([[kept(row.pk), kept(row.lease_owner), row.version] for row in value])


class _Claim(Func):
    template = "(%(expressions)s)"


class StillClaimed(Func):
    """Whether a volume is still leased to those who claimed it, and at the version that they saw."""

    output_field = BooleanField()

    def __init__(self, parameter: str) -> None:
        """The parameter is for any number of volumes."""
        now = _Claim(F("pk"), F("lease_owner"), F("version"), output_field=BooleanField())
        super().__init__(now, QueryParam(parameter, _Fences()))

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
