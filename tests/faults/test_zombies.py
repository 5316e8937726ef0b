"""Reconcilers that lie frozen in the middle of a step for longer than their lease, and then go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.faults.campaign import faulty
from tests.faults.fork_server import ForkServer
from tests.faults.operations import (
    CONTENT,
    Clone,
    Create,
    Delete,
    Operation,
    TakeSnapshot,
    World,
    content,
)
from tests.faults.switch import Fault, Switch
from tests.support.installation import PATIENCE, Installation, Process, eventually
from tests.support.invariants import UNSETTLED, leftovers, must_hold
from tests.support.server import is_frozen

ROWS = "SELECT * FROM volumes_volume ORDER BY id"


class FrozenProcesses:
    """One installation, and reconcilers in it that others have given up."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.switch = Switch(installation.home / "fault")
        fork_server = ForkServer(installation)
        environment = f"/{installation.identity['environmentId']}"
        self.now = World(installation, environment, fork_server.send, fork_server.run)
        self.later = replace(self.now, send=partial(fork_server.send, inline=False))
        self.zombies: list[Process] = []

    def freeze(self, operation: Operation, point: str) -> None:
        """Ask for it, and let a reconciler get just as far as that."""
        operation.prepare(self.now)
        operation.ask(self.later)
        self.switch.arm(Fault(point, "hang"))
        zombie = self.installation.start("reconcile", "--watch")
        self.zombies.append(zombie)
        eventually(self.switch.has_hung, 5 * PATIENCE)
        eventually(lambda: self._is_caught(zombie))
        self.switch.disarm()

    def _is_caught(self, zombie: Process) -> bool:
        """Stopped, in a moment in which it holds no lock that everybody else needs."""
        zombie.send_signal(signal.SIGSTOP)
        eventually(lambda: is_frozen(zombie.pid))
        caught = self.installation.is_writable()
        if not caught:
            zombie.send_signal(signal.SIGCONT)
        return caught

    def volume(self, name: str) -> Any:
        (found,) = self.now.ask("GET", f"volume?nameIs={name}&includeDeleted=true").body
        return found

    def wake(self) -> None:
        """Let them go on, to their end."""
        for zombie in self.zombies:
            zombie.send_signal(signal.SIGCONT)
            zombie.terminate()
        assert [zombie.wait(60) for zombie in self.zombies] == [0] * len(self.zombies)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrozenProcesses]:
    """Some of them, whose leases have run out, and whose work was done by another meanwhile."""
    home = tmp_path_factory.mktemp("frozen")
    # Nothing is measured: a zombie that was about to would go on with that as well, and may.
    with faulty(home, MEASURE_EVERY="0") as installation:
        frozen = FrozenProcesses(installation)
        frozen.freeze(Create("made-twice"), "volume:made")
        frozen.freeze(Clone("filled-twice"), "copy:one-copied")
        frozen.freeze(Delete("removed-twice"), "trash:moved")
        frozen.freeze(Create("made-after-its-end"), "volume:made")
        other = installation.start("reconcile", "--watch")
        # What the frozen ones have begun still lies there: it is locked while they live.
        eventually(lambda: not installation.rows(UNSETTLED))
        other.terminate()
        assert other.wait(60) == 0
        yield frozen


def test_leftovers_of_a_process_killed_after_another_finished_are_removed(tmp_path: Path) -> None:
    with faulty(tmp_path, MEASURE_EVERY="0", MIN_LEFTOVER_AGE="0") as installation:
        frozen = FrozenProcesses(installation)
        frozen.freeze(Clone("filled-twice"), "copy:one-copied")
        frozen.freeze(TakeSnapshot("copied-twice"), "copy:one-copied")
        # This looks at every settled volume too. What the frozen ones have begun is locked.
        assert frozen.now.run("reconcile").returncode == 0
        assert not installation.rows(UNSETTLED)
        assert len(leftovers(installation)) == 2
        for zombie in frozen.zombies:
            zombie.kill()
            zombie.wait(60)
        assert len(leftovers(installation)) == 2
        assert frozen.now.run("reconcile").returncode == 0
        must_hold(installation, run=frozen.now.run)


def test_a_zombie_changes_no_row_and_leaves_nothing(frozen: FrozenProcesses) -> None:
    late = frozen.volume("made-after-its-end")
    assert frozen.now.ask("DELETE", f"volume/{late['id']}").status == 200
    (frozen.now.data(frozen.volume("filled-twice")["id"]) / "note").write_text("written since")
    before = frozen.installation.rows(ROWS)
    frozen.wake()
    assert frozen.installation.rows(ROWS) == before
    must_hold(frozen.installation, run=frozen.now.run)
    filled = frozen.now.data(frozen.volume("filled-twice")["id"])
    assert content(filled) == {**CONTENT, "note": "written since"}
