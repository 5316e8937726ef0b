"""`kill -9` at every fault point, of everything that passes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.campaign import Campaign, campaign
from tests.faults.table import BY_VICTIM

ROUNDS = 3


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    with campaign(tmp_path_factory.mktemp("campaign")) as running:
        yield running


@pytest.mark.parametrize("number", range(ROUNDS))
def test_all_changes_are_finished_once_after_a_kill_at_any_point(
    running: Campaign, number: int
) -> None:
    kills = running.round(number)
    assert len(kills) == sum(len(rows) for rows in BY_VICTIM.values())
