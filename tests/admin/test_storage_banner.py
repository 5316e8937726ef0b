"""Operators read where the storage is and what to do."""

import pytest

from tests.support.words import text
from volumes.reconciler.availability import record_availability

CAUSE = "/srv/holdfast is not mounted. Mount it."


@pytest.mark.parametrize("page", ["", "volumes/volume/"])
def test_the_banner_has_path_and_cure(desk, volume, page):
    record_availability(CAUSE)
    words = text(desk.get(f"/admin/{page}"))
    assert words.count("Storage has been unavailable since") == 1
    assert words.count(CAUSE) == 1
