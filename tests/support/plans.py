"""Query plans: the indexes that a query uses, and whether it sorts or scans a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Plan:
    steps: tuple[str, ...]
    """The steps as the database names them: lines on SQLite, node types on PostgreSQL."""
    indexes: frozenset[str]

    @property
    def sorts(self) -> bool:
        return any("sort" in step.lower() or "TEMP B-TREE" in step for step in self.steps)

    @property
    def scans(self) -> bool:
        """Whether it reads a whole table. SQLite also reports a scan of json_each, which is no table."""
        tables = [step for step in self.steps if "VIRTUAL TABLE" not in step]
        return any(step.startswith("SCAN") or step == "Seq Scan" for step in tables)


def plans(work: Callable[[], object]) -> list[Plan]:
    """Return the plan of every SELECT of `work`, and of every UPDATE that returns the rows it changes."""
    found = []

    def explain(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if sql.startswith(("SELECT", "WITH")) or (
            sql.startswith("UPDATE") and " RETURNING " in sql
        ):
            found.append(_EXPLAIN[connection.vendor](sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        work()
    return found


def _sqlite(sql: str, params: Any) -> Plan:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        steps = [str(row[3]) for row in cursor.fetchall()]
    named = [step.partition(" INDEX ")[2].split(" ")[0] for step in steps if " INDEX " in step]
    return Plan(tuple(steps), frozenset(named))


def _postgresql(sql: str, params: Any) -> Plan:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        (found,) = cursor.fetchone()
    tree = json.loads(found) if isinstance(found, str) else found
    nodes = list(_nodes(tree[0]["Plan"]))
    named = [node["Index Name"] for node in nodes if "Index Name" in node]
    return Plan(tuple(node["Node Type"] for node in nodes), frozenset(named))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)


_EXPLAIN: dict[str, Callable[[str, Any], Plan]] = {"sqlite": _sqlite, "postgresql": _postgresql}
