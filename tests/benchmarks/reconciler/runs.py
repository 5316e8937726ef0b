"""Everything in turn, round after round: the bare disk by one thread and by many, then reconcilers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM
from statistics import median

from tests.benchmarks import processes
from tests.benchmarks.databases import NewDatabase
from tests.benchmarks.reconciler.pending import Pending
from tests.support.installation import ROOT, Installation, Process, eventually

THREADS = (1, 64)
"""Of the bare disk: call after call, and as many as one reconciler has for one environment."""


@dataclass(frozen=True)
class Run:
    rate: float
    """Volumes in a second."""
    reconcilers: float
    """Processor seconds of 1,000 volumes; other work on the machine changes them little."""
    database: float
    """The same of a database server."""


@dataclass
class Measured:
    """All runs of so many reconcilers, or of so many threads that only use the disk."""

    settled: int
    reconcilers: int = 0
    threads: int = 0
    runs: list[Run] = field(default_factory=list)

    def middle(self, of: Callable[[Run], float]) -> float:
        return median(map(of, self.runs))


def measure(
    home: Path,
    new_database: NewDatabase,
    *,
    settled: int,
    volumes: int,
    reconcilers: Iterable[int],
    rounds: int,
    say: Callable[[str], None],
) -> list[Measured]:
    """`rounds` runs of each number of reconcilers, and of the bare disk."""
    found = [
        *(Measured(settled, threads=number) for number in THREADS),
        *(Measured(settled, number) for number in reconcilers),
    ]
    place = home / f"among-{settled}"
    place.mkdir()
    database = new_database(place)
    installation = Installation(place, database.url, RECONCILE_INLINE="false", MEASURE_EVERY="0")
    say(f"loading {volumes:,} volumes beside {settled:,} settled ones")
    pending = Pending(installation, database, settled, volumes)
    for _ in range(rounds):
        for measured in found:
            pending.forget()
            if measured.threads:
                new = place / f"bare-{measured.threads}-{len(measured.runs)}"
                measured.runs.append(bare(new, volumes, measured.threads))
            else:
                measured.runs.append(run_of(pending, measured.reconcilers))
            say(line(measured))
    return found


def run_of(pending: Pending, number: int) -> Run:
    with watching(pending.installation, number) as started:
        pending.want()
        server, database = _seconds(started), pending.database.cpu()
        rate = pending.rate()
        thousands = pending.volumes / 1000
        return Run(
            rate,
            (_seconds(started) - server) / thousands,
            (pending.database.cpu() - database) / thousands,
        )


@contextmanager
def watching(installation: Installation, number: int) -> Iterator[list[Process]]:
    """So many of them, that have begun to look for work."""
    started = [installation.start("reconcile", "--watch") for _ in range(number)]
    try:
        eventually(lambda: all(map(_has_looked, started)))
        yield started
    finally:
        for process in started:
            process.send_signal(SIGTERM)
        for process in started:
            assert process.wait(60) == 0


def bare(place: Path, volumes: int, threads: int) -> Run:
    """The same calls, made by nobody else."""
    command = [sys.executable, "-m", "tests.benchmarks.reconciler.bare", str(place)]
    output = subprocess.check_output([*command, str(volumes), str(threads)], cwd=ROOT, text=True)
    seconds, worked = map(float, output.split())
    return Run(volumes / seconds, worked * 1000 / volumes, 0)


def line(measured: Measured) -> str:
    last = measured.runs[-1]
    who = f"{measured.reconcilers} reconcilers"
    if measured.threads:
        who = f"bare disk, {measured.threads} threads"
    return (
        f"{who:22} among {measured.settled:9,}{last.rate:9.0f}/s   "
        f"cpu {last.reconcilers:6.2f} +{last.database:6.2f} s"
    )


def _seconds(started: Iterable[Process]) -> float:
    return sum(processes.seconds(process.pid) for process in started)


def _has_looked(process: Process) -> bool:
    """Once it has looked for work, it has a thread for its periodic jobs."""
    return len(list(Path(f"/proc/{process.pid}/task").iterdir())) > 1
