"""Skips tests whose requirements the machine does not meet, but never in CI."""

import os

import pytest


def needs(condition: bool, reason: str) -> pytest.MarkDecorator:
    """Skip unless the condition holds. In CI the test fails instead, as nobody reads skips there."""
    return pytest.mark.skipif(not condition and os.environ.get("CI") != "true", reason=reason)
