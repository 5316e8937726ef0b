"""Prometheus metrics of the disks: how large database and storage are, and how much is free."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from django.db import connection
from prometheus_client.core import GaugeMetricFamily, Metric

from volumes.backends import BackendError
from volumes.storage import storage

DATABASE_SIZES = {
    "postgresql": "SELECT pg_database_size(current_database())",
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
}


class SpaceCollector:
    """Measures at each scrape. What cannot be known has no sample."""

    def collect(self) -> Iterable[Metric]:
        yield from _storage()
        yield from _database()


def _storage() -> Iterable[Metric]:
    total = GaugeMetricFamily("holdfast_storage_bytes", "Size of the storage")
    free = GaugeMetricFamily("holdfast_storage_free_bytes", "Free space of the storage")
    try:
        capacity = storage().capacity()
    except BackendError:
        return ()  # /readyz logs the cause
    total.add_metric([], capacity.total)
    free.add_metric([], capacity.free)
    return total, free


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
