"""How much work the database has with a request to the API, the console or the admin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

EXPLAIN = {"postgresql": "EXPLAIN (ANALYZE, BUFFERS) ", "sqlite": "EXPLAIN QUERY PLAN "}
BUFFERS = re.compile(r"Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?")
STEPS = 100
"""SQLite's virtual machine is looked at that often."""


class Plans:
    """Of everything that was asked while they were watched."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.work = 0
        """Pages that PostgreSQL touched, or a hundred steps each of SQLite's machine."""

    def __str__(self) -> str:
        return "\n".join(self.lines)


@contextmanager
def watched() -> Iterator[Plans]:
    """Explains each SELECT before it is executed."""
    plans = Plans()

    def explain(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if sql.startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(EXPLAIN[connection.vendor] + sql, params)
                plan = [str(row[-1]) for row in cursor.fetchall()]
            plans.lines += [sql, *plan]
            # The first speaks of the whole statement, those below of its parts.
            touched = next(filter(None, map(BUFFERS.search, plan)), None)
            plans.work += sum(int(pages or 0) for pages in touched.groups()) if touched else 0
        with _steps_counted(plans):
            return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans


@contextmanager
def _steps_counted(plans: Plans) -> Iterator[None]:
    if connection.vendor != "sqlite":
        yield
        return

    def more() -> None:
        plans.work += 1

    connection.connection.set_progress_handler(more, STEPS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)
