"""One run: clients, kills, and what is left when all is quiet."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.history.checker import Anomaly, check
from tests.history.choices import EVERYTHING
from tests.history.clients import Clients, Work
from tests.history.final import Final
from tests.history.nemesis import Nemesis
from tests.history.operations import Operation, read_log
from tests.support.installation import LONGEST, eventually
from tests.support.server import Server

QUIET = 2.0
"""Seconds at the end without kills: what a killed client had asked for is done by then."""


@dataclass(frozen=True)
class Plan:
    seed: str
    seconds: float
    """In which they work undisturbed; what it takes to start a killed server again comes on top."""
    clients: int
    weights: dict[str, int] = field(default_factory=lambda: dict(EVERYTHING))
    places: int = 2
    room: int = 8
    """Volumes in each environment, about."""
    quota: int = 150
    """MB of each environment: less than would fit there."""
    at_least: int = 0
    """Operations: on a busy machine they go on beyond their time until so many were invoked."""
    prefix: str = "c"
    """What clients' names begin with, apart from those of other plans in the same directory."""


@dataclass(frozen=True)
class Run:
    """What clients wrote down and what was left, from a directory that has both."""

    directory: Path
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def operations(self) -> list[Operation]:
        return read_log(self.directory)

    @property
    def final(self) -> Final:
        return Final.load(self.directory / "final.json")

    def anomalies(self) -> list[Anomaly]:
        return check(self.operations, self.final)


def play(server: Server, plan: Plan, directory: Path, nemesis: Nemesis | None = None) -> Run:
    """Let them work and be killed. `conclude()` it once everything has settled."""
    directory.mkdir(parents=True, exist_ok=True)
    environments = [server.environment(plan.quota) for _ in range(plan.places)]
    places = [
        {
            "id": environment[1:],
            "apps": [
                server.application(environment, f"app-{n}").rpartition("/")[2] for n in range(3)
            ],
        }
        for environment in environments
    ]
    work = Work(
        port=server.port,
        token=server.installation.token,
        seed=plan.seed,
        places=places,
        weights=plan.weights,
        room=plan.room,
        directory=directory,
        prefix=plan.prefix,
    )
    with closing(Clients(work, plan.clients)) as clients:
        if nemesis is not None:
            nemesis.run(clients, Random(plan.seed), plan.seconds - QUIET)
        time.sleep(QUIET if nemesis else plan.seconds)
        eventually(lambda: _lines(directory) >= 2 * plan.at_least, LONGEST)
        clients.finish()
    return Run(directory, nemesis.done if nemesis else Counter())


def conclude(server: Server, run: Run) -> Run:
    """Note what is left in the environments of a run, or of several in one directory."""
    environments = sorted({operation.environment for operation in run.operations})
    Final.of(server, environments).save(run.directory / "final.json")
    return run


def _lines(directory: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in directory.glob("*.jsonl"))
