"""Taking rows that nobody else has: found, locked and changed at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from config.db.statements import (
    AnyOf,
    ArrayParam,
    PreparedQuery,
    PreparedUpdate,
    QueryParam,
    Row,
    Statement,
)


class InClaim(AnyOf):
    """Whether a row is one that was found: what that was, PostgreSQL knows in the same statement."""

    def __init__(self) -> None:
        super().__init__(F("pk"), QueryParam("taken", ArrayParam()))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        it = self.copy()
        it.set_source_expressions(self.get_source_expressions()[:1])
        # By its full name: were there none, a bare "id" would be that of the row to be changed.
        template = "%(expressions)s = ANY (ARRAY(SELECT taken.id FROM taken))"
        return it.as_sql(compiler, connection, template=template)


class ClaimStatement(PreparedQuery):
    """Those rows of `build()` that nobody has locked get these columns, by name, and are returned.

    `build()` answers a queryset of `values_list("id", …)`, with Parameters in it as the columns may have
    them. PostgreSQL needs one statement for it, and so no transaction around, and answers with the rows
    as they are now. Elsewhere they are as they were found.
    """

    def __init__(
        self, build: Callable[[], QuerySet[Any, Any]], columns: Callable[[], dict[str, Any]]
    ) -> None:
        super().__init__(lambda: build().select_for_update(skip_locked=True))
        self._change = PreparedUpdate(
            lambda: (build().model._base_manager.filter(InClaim()), columns())
        )

    def rows(self, **values: Any) -> list[Row]:
        if connection.vendor == "postgresql":
            return super().rows(**values)
        with transaction.atomic():
            found = super().rows(**values)
            self._change.count(taken=[pk for pk, *_ in found], **values)
            return found

    def with_values(self, **values: Any) -> Statement:
        found = super().with_values(**values)
        if connection.vendor != "postgresql":
            return found
        names, _, _ = found.sql.removeprefix("SELECT ").partition(" FROM ")
        change = self._change.with_values(**values)
        sql = f"WITH taken AS ({found.sql}) {change.sql} RETURNING {names}"
        return Statement(sql, [*found.values, *change.values], "AND")
