"""Helpers with which the `conftest.py` of a folder marks all its tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


def items_below(conftest: str, items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield the tests in the folder of this file and below. Pytest passes all tests to every hook."""
    here = Path(conftest).parent
    return (item for item in items if here in item.path.parents)


def run_together(conftest: str, items: list[pytest.Item], group: str) -> None:
    """Run the tests of the folder in one process, because they share installations.

    Call it in a hook with `tryfirst`, before pytest-xdist reads the groups.
    """
    for item in items_below(conftest, items):
        item.add_marker(pytest.mark.races)
        item.add_marker(pytest.mark.xdist_group(group))
