"""Tests that break processes at their fault points."""

from __future__ import annotations

from pathlib import Path

import pytest

QUICK = {"test_points.py"}


@pytest.hookimpl(tryfirst=True)  # before the parallel run reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.path.name not in QUICK:
            item.add_marker(pytest.mark.races)
            item.add_marker(pytest.mark.xdist_group("faults"))
