"""Tests that need something of the machine: skipped where it is missing, but never in CI."""

import os

import pytest


def needs(condition: bool, reason: str) -> pytest.MarkDecorator:
    """Skip unless the condition holds. In CI the test runs, and fails: nobody reads skips there."""
    return pytest.mark.skipif(not condition and os.environ.get("CI") != "true", reason=reason)
