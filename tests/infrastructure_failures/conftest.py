"""Real disks, databases and clocks that fail under real servers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Each on one of the databases is enough, or possible.
ON_POSTGRESQL = [
    "test_database_away.py",
    "test_database_refuses.py",
    "test_postgresql_disk.py",
    "test_clock.py",
    "test_pool.py",
]
ON_SQLITE = ["test_sqlite_disk.py"]
collect_ignore = ON_SQLITE if os.environ.get("DATABASE_URL") else ON_POSTGRESQL


@pytest.hookimpl(tryfirst=True)  # before the parallel run reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.races)
            # A file's tests share their installation.
            item.add_marker(pytest.mark.xdist_group(f"infrastructure-{item.path.stem}"))
