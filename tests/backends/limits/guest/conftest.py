"""Fixtures of tests on a disk with project quotas."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.backends.limits.guest.helpers import remove_limits


@pytest.fixture(autouse=True)
def no_limits(ground: Path) -> None:
    """Begin each test without limits of earlier ones."""
    fd = os.open(ground, os.O_RDONLY)
    remove_limits(fd)
    os.close(fd)
