"""Prometheus metrics of the tables: how many rows each has and, on PostgreSQL, how large it is.

A scrape must not read tables with a million rows, so large ones are estimated.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db import connection
from prometheus_client.core import GaugeMetricFamily, Metric

from config import limits

# What PostgreSQL counts while it works, and the size with indexes.
STATISTICS = """
SELECT relname, n_live_tup, pg_total_relation_size(relid) FROM pg_stat_user_tables
WHERE relid = ANY (SELECT to_regclass(name)::oid FROM unnest(%s::text[]) AS name)
"""
# Exact up to MAX_COUNTED_ROWS. Beyond, the span of row numbers: it has gaps where rows were deleted.
COUNT = """
SELECT count(*), (SELECT max(rowid) FROM {table}), (SELECT min(rowid) FROM {table})
FROM (SELECT 1 FROM {table} LIMIT %s)
"""


class TableCollector:
    """Estimates at each scrape."""

    def collect(self) -> Iterable[Metric]:
        tables = sorted({model._meta.db_table for model in apps.get_models()})
        yield from _postgresql(tables) if connection.vendor == "postgresql" else _sqlite(tables)


def _rows() -> GaugeMetricFamily:
    return GaugeMetricFamily(
        "holdfast_table_rows", "Rows of each table; an estimate of large ones", labels=["table"]
    )


def _postgresql(tables: list[str]) -> Iterable[Metric]:
    rows = _rows()
    size = GaugeMetricFamily(
        "holdfast_table_bytes", "Size of each table with its indexes", labels=["table"]
    )
    with connection.cursor() as cursor:
        cursor.execute(STATISTICS, [tables])
        for table, number, total in cursor.fetchall():
            rows.add_metric([table], number)
            size.add_metric([table], total)
    return rows, size


def _sqlite(tables: list[str]) -> Iterable[Metric]:
    rows = _rows()
    with connection.cursor() as cursor:
        for table in tables:
            statement = COUNT.format(table=connection.ops.quote_name(table))
            cursor.execute(statement, [limits.MAX_COUNTED_ROWS + 1])
            counted, last, first = cursor.fetchone()
            is_exact = counted <= limits.MAX_COUNTED_ROWS
            rows.add_metric([table], counted if is_exact else last - first + 1)
    return (rows,)
