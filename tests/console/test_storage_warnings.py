"""Members learn that the storage is almost full, or has lost the limits of sizes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.support.storage import Fallible
from tests.support.words import text
from volumes.models import Volume
from volumes.presentation import storage_state
from volumes.reconciler.storage_facts import MIB, refresh_storage_facts

LOST = "Sizes are no longer enforced"


@pytest.fixture
def fill(memory: Fallible, volume: Volume) -> Callable[[int], None]:
    """`fill(95)`: the storage is seen to be 95% full."""

    def to(percent: int) -> None:
        memory.total = 1000 * MIB
        memory.used[str(volume.pk)] = percent * 10 * MIB
        refresh_storage_facts()
        storage_state.state_of_interval.cache_clear()

    return to


def test_members_are_warned_from_90_percent_on(
    bobs: Client, here: str, fill: Callable[[int], None]
) -> None:
    for page in ("/", here):
        fill(89)
        assert "% full:" not in text(bobs.get(page))
        fill(90)
        assert "Storage 90% full: 100 MB left." in text(bobs.get(page))


def test_members_learn_that_sizes_are_no_longer_enforced(
    bobs: Client, here: str, memory: Fallible, fill: Callable[[int], None]
) -> None:
    memory.enforces_sizes = True
    fill(10)
    assert LOST not in text(bobs.get(here))
    memory.enforces_sizes = False
    fill(10)
    assert LOST in text(bobs.get(here))


def test_a_form_names_the_size_that_fits(
    erins: Client, here: str, memory: Fallible, volume: Volume
) -> None:
    memory.total, memory.enforces_sizes = (volume.size + 5) * MIB, True
    refresh_storage_facts()
    words = text(erins.post(f"{here}/new", {"name": "two", "size": "6MB"}))
    assert f"of the storage's {volume.size + 5} MB only 5 MB are left" in words
    assert "What fits: Use 5MB" in words
