"""Claiming rows that no other process has: found, locked and changed by one statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet

from config.db.statements import PreparedQuery, PreparedUpdate, Statement, is_postgresql


class InClaim(Func):
    """Whether a row is among those that the same statement found. PostgreSQL only."""

    # Qualified: a bare "id" would be the id of the row to be changed if `taken` had none.
    template = "%(expressions)s = ANY (ARRAY(SELECT taken.id FROM taken))"
    output_field = BooleanField()


class ClaimStatement(PreparedQuery):
    """Sets columns, by name, of those rows of `build()` that nobody has locked, and returns the rows.

    `build()` returns a queryset of `values_list("id", …)` with QueryParams in it, as may the columns.
    The rows are returned as they are afterwards. It is one statement, so it needs no transaction around
    it. SQLite locks no rows: it changes what it finds.
    """

    def __init__(
        self, build: Callable[[], QuerySet[Any, Any]], columns: Callable[[], dict[str, Any]]
    ) -> None:
        super().__init__(lambda: build().select_for_update(skip_locked=True))
        self._change = PreparedUpdate(lambda: (_to_change(build()), columns()))

    def with_values(self, **values: Any) -> Statement:
        change = self._change.with_values(**values)
        returned = ", ".join(self._compiled.column_names)
        update = f"{change.text()} RETURNING {returned}"
        if not is_postgresql():
            return Statement(update, change.values)
        rows = super().with_values(**values)
        return Statement(f"WITH taken AS ({rows.text()}) {update}", [*rows.values, *change.values])


def _to_change(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    return rows.model._base_manager.filter(InClaim(F("pk"))) if is_postgresql() else rows
