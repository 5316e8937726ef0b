"""The checker, proved: a server with a fault in it works for clients, and the fault is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.history.choices import EVERYTHING
from tests.history.run import Plan, conclude, play
from tests.seeded_bugs.faults import FAULTS
from tests.support.installation import installed
from tests.support.server import Server, serving

pytestmark = [pytest.mark.races, pytest.mark.xdist_group("history")]

ROUNDS = 12
OF_A_ROUND = 80
"""Operations: most faults show in the first round."""

WRITING = {"create": 1, "list": 1, "get": 3, "put": 8}
DELETING = {"create": 4, "list": 1, "get": 1, "put": 4, "delete": 4}
MAKING = {"create": 4, "repeat": 6, "list": 1, "delete": 4}
KEEPING = {**MAKING, "create": 8, "delete": 2}
"""Most stays: where nothing is left, the database itself refuses to free room once more."""

FOUND_AS = {
    "read_modify_save": ("version_twice", WRITING),
    "whole_row_save": ("reappeared", DELETING),
    "count_then_insert": ("over_quota", {"create": 6, "list": 1, "delete": 3}),
    "unlocked_attach": ("attached_to_deleted", {**DELETING, "attach": 6}),
    "no_fence": ("miscounted", KEEPING),
    "lost_revision": ("version_gap", WRITING),
    "cached_read": ("stale_read", WRITING),
    "forgotten_key": ("created_twice", MAKING),
    "version_not_raised": ("version_not_raised", WRITING),
    "unsaved_write": ("lost_write", WRITING),
    "ignored_precondition": ("precondition_ignored", WRITING),
    "shrinking": ("shrunk", {**WRITING, "grow": 6}),
    "short_list": ("lost_volume", WRITING),
    "shown_after_delete": ("reappeared", DELETING),
}
"""The kind of anomaly that each fault is, and the work in which it soon shows."""


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that selects the seeded bug."""
    path = tmp_path_factory.mktemp("planted") / "fault"
    path.write_text("")
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, switch: Path) -> Iterator[Server]:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.seeded_bugs.settings", "PLANTED": str(switch)}
    with installed(tmp_path_factory.mktemp("installation"), **settings) as installation:
        # The last line, which would turn most of these faults into errors that everybody sees.
        installation.meddle("DROP INDEX revision_once_a_version")
        with serving(installation) as server:
            yield server


def rounds(server: Server, weights: dict[str, int], directory: Path) -> Iterator[set[str]]:
    """The kinds of anomalies found so far, after each round."""
    for number in range(ROUNDS):
        plan = Plan(
            seed=str(number),
            seconds=0.5,
            clients=4,
            weights=weights,
            places=1,
            room=3,
            quota=60,
            at_least=OF_A_ROUND * (number + 1),
            prefix=f"r{number}c",
        )
        run = conclude(server, play(server, plan, directory))
        yield {anomaly.kind for anomaly in run.anomalies()}


@pytest.mark.parametrize("fault", FOUND_AS)
def test_a_seeded_bug_is_found(server: Server, switch: Path, fault: str, tmp_path: Path) -> None:
    kind, weights = FOUND_AS[fault]
    switch.write_text(fault)
    assert any(kind in found for found in rounds(server, weights, tmp_path))


@pytest.mark.parametrize("fault", ["", "short_leases"])
def test_nothing_is_found_without_a_seeded_bug(
    server: Server, switch: Path, fault: str, tmp_path: Path
) -> None:
    switch.write_text(fault)
    found = rounds(server, EVERYTHING, tmp_path)
    assert [next(found) for _ in range(2)] == [set(), set()]


def test_every_seeded_bug_is_tested() -> None:
    assert FOUND_AS.keys() == FAULTS.keys() - {"short_leases"}
