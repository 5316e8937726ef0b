"""Claiming rows that no other process has: found, locked and changed by one statement."""

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
    """Whether a row is among those found. PostgreSQL knows them in the same statement."""

    def __init__(self) -> None:
        super().__init__(F("pk"), QueryParam("taken", ArrayParam()))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        copy = self.copy()
        copy.set_source_expressions(self.get_source_expressions()[:1])
        # Qualified: a bare "id" would be the id of the row to be changed if `taken` had none.
        template = "%(expressions)s = ANY (ARRAY(SELECT taken.id FROM taken))"
        return copy.as_sql(compiler, connection, template=template)


class ClaimStatement(PreparedQuery):
    """Sets columns, by name, of those rows of `build()` that nobody has locked, and returns the rows.

    `build()` returns a queryset of `values_list("id", …)` with QueryParams in it, as may the columns.
    PostgreSQL needs one statement, and so no transaction around it, and returns the rows as they are
    afterwards. Elsewhere the rows are as they were found.
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
            rows = super().rows(**values)
            self._change.count(taken=[pk for pk, *_ in rows], **values)
            return rows

    def with_values(self, **values: Any) -> Statement:
        rows = super().with_values(**values)
        if connection.vendor != "postgresql":
            return rows
        change = self._change.with_values(**values)
        returned = ", ".join(self._compiled.column_names)
        sql = f"WITH taken AS ({rows.text()}) {change.text()} RETURNING {returned}"
        return Statement(sql, [*rows.values, *change.values])
