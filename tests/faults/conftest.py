"""Tests that break processes at their fault points."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

QUICK = {"test_points.py"}

# SQLite has one lock for all of a file, held for as long as its process lives.
collect_ignore = [] if os.environ.get("DATABASE_URL") else ["test_frozen.py"]


@pytest.hookimpl(tryfirst=True)  # before the parallel run reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.path.name not in QUICK:
            item.add_marker(pytest.mark.races)
            # A file stays together in a parallel run: its tests share installations.
            item.add_marker(pytest.mark.xdist_group(f"faults-{item.path.stem}"))
