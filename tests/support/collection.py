"""What the `conftest.py` of a folder says of all tests in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


def items_below(conftest: str, items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """The tests beside this file and below it: pytest hands every hook those of all folders."""
    here = Path(conftest).parent
    return (item for item in items if here in item.path.parents)


def run_together(conftest: str, items: list[pytest.Item], group: str) -> None:
    """Run them in one process of a parallel run, as they share their installations.

    Call it in a hook that is tried first: before the parallel run reads the groups.
    """
    for item in items_below(conftest, items):
        item.add_marker(pytest.mark.races)
        item.add_marker(pytest.mark.xdist_group(group))
