"""`reconcile --watch` in one process, and in two at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.races.helpers import LEASED, end, freeze_at_work, reconciler, spec
from tests.support.installation import Installation, installed
from tests.support.invariants import UNSETTLED, leftovers, must_hold


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation without running processes."""
    home = tmp_path_factory.mktemp("idle")
    with installed(home, RECONCILE_INLINE="false") as installation:
        yield installation


def test_one_run_settles_everything(idle: Installation) -> None:
    spec(idle, "pass", 20)
    done = idle.run("reconcile")
    assert (done.returncode, done.stdout) == (0, "Worked on 20 rows; 0 are not settled yet.\n")
    must_hold(idle, within=0)


def test_reconciler_finishes_its_steps_and_exits_with_0_on_sigterm(idle: Installation) -> None:
    spec(idle, "stopped", 400)
    process = reconciler(idle)
    freeze_at_work(idle, process)
    assert end(process) == 0
    assert not idle.rows(LEASED)
    assert leftovers(idle) == []
    assert idle.rows(UNSETTLED)


def test_two_reconcilers_settle_everything_together(idle: Installation) -> None:
    spec(idle, "both", 60)
    both = [reconciler(idle), reconciler(idle)]
    must_hold(idle)
    assert [end(process) for process in both] == [0, 0]
