"""Tests of limits. Those below `guest` need a disk with project quotas, in a machine of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

IN_THE_MACHINE = "HOLDFAST_PROJECT_QUOTAS" in os.environ
collect_ignore = [] if IN_THE_MACHINE else ["guest"]


@pytest.hookimpl(tryfirst=True)  # before the parallel run reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if isinstance(item, pytest.Function) and here in item.path.parents and not IN_THE_MACHINE:
            item.add_marker(pytest.mark.races)
            # The tests of a file system share its machine.
            item.add_marker(
                pytest.mark.xdist_group(f"limits-{item.callspec.params['file_system']}")
            )
