"""Prometheus metrics of the disks: how large database and storage are, and how much is free."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from django.db import connection
from prometheus_client.core import GaugeMetricFamily, Metric

from volumes.monitoring.capacity import MIB, storage_figures

DATABASE_SIZES = {
    "postgresql": "SELECT pg_database_size(current_database())",
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
}


class SpaceCollector:
    """Reads at each scrape what the reconciler last saw of the storage, and measures the database.

    What cannot be known has no sample.
    """

    def collect(self) -> Iterable[Metric]:
        yield from _storage()
        yield from _database()


def _storage() -> Iterable[Metric]:
    figures = storage_figures()
    state = figures.state
    if figures.is_current:
        yield GaugeMetricFamily(
            "holdfast_storage_bytes", "Size of the storage", value=state.total_bytes
        )
        yield GaugeMetricFamily(
            "holdfast_storage_free_bytes", "Free space of the storage", value=state.free_bytes
        )
        yield GaugeMetricFamily(
            "holdfast_storage_used_bytes", "Used space of the storage", value=state.used_bytes
        )
        yield GaugeMetricFamily(
            "holdfast_storage_sizes_enforced",
            "Whether the storage enforces sizes",
            value=state.enforces_sizes,
        )
    yield GaugeMetricFamily(
        "holdfast_storage_enforcement_lost",
        "Whether the storage has stopped enforcing sizes",
        value=state.enforcement_lost_since is not None,
    )
    yield GaugeMetricFamily(
        "holdfast_storage_promised_bytes",
        "Sizes of all volumes whose data exists",
        value=figures.promised * MIB,
    )
    if state.promise_limit is not None:
        yield GaugeMetricFamily(
            "holdfast_storage_promise_limit_bytes",
            "What the sizes of all volumes together may reach",
            value=state.promise_limit * MIB,
        )
    if figures.ratio is not None:
        yield GaugeMetricFamily(
            "holdfast_storage_promised_ratio",
            "Sizes of all volumes, for each byte of the storage",
            value=float(figures.ratio),
        )


def _database() -> Iterable[Metric]:
    size = GaugeMetricFamily("holdfast_database_bytes", "Size of the database")
    with connection.cursor() as cursor:
        cursor.execute(DATABASE_SIZES[connection.vendor])
        size.add_metric([], cursor.fetchone()[0])
    yield size
    # The disk of a database server is its own.
    file = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "sqlite" and file.is_file():
        disk = os.statvfs(file.parent)
        yield GaugeMetricFamily(
            "holdfast_database_free_bytes",
            "Free space of the disk with the SQLite database",
            value=disk.f_bavail * disk.f_frsize,
        )
