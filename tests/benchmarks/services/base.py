"""What all services have in common."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import ClassVar
from uuid import UUID, uuid4

from tests.benchmarks import processes, wrk
from tests.benchmarks.databases import NewDatabase
from tests.benchmarks.operations import Numbers, Operation, RequestTemplate
from tests.benchmarks.wrk import Result, Span
from tests.support.installation import ROOT, eventually
from tests.support.postgres import free_port
from tests.support.wire import Wire

FRESH = 10_000_000
"""More than any run creates."""


class Service:
    """One service with one environment of `size` volumes."""

    name: ClassVar[str]
    title: ClassVar[str]
    databases: ClassVar[frozenset[str]] = frozenset({"postgresql", "sqlite"})
    spare_a_second: ClassVar[int]
    """More than it deletes."""

    environment: UUID
    token = ""
    process: subprocess.Popen[bytes] | None = None

    def __init__(self, home: Path, new_database: NewDatabase, size: int) -> None:
        self.home = home / f"{self.name}-{size}"
        self.home.mkdir()
        self.database = new_database(self.home)
        self.size = size
        self.port = free_port()
        self.log = self.home / "log"
        self.runs = 0
        self.environment = uuid4()

    # What each one says of itself.

    def requests(self) -> dict[str, RequestTemplate]:
        """The requests of every operation that it knows."""
        raise NotImplementedError

    def start(self) -> None:
        """Make tables and whoever asks, and serve."""
        raise NotImplementedError

    def load(self, numbers: range) -> None:
        """Add the volumes of these numbers."""
        raise NotImplementedError

    def forget(self) -> None:
        """Remove whatever runs have made, and the spare volumes."""
        raise NotImplementedError

    # Runs.

    def prepare(self, operation: Operation, seconds: int) -> None:
        """Have the same volumes before every run, and for a delete some to spare."""
        self.runs += 1
        if operation.writes:
            time.sleep(0.3)  # what was on its way when the last run ended arrives
            self.forget()
            if operation.numbers is Numbers.SPARE:
                self.add_spare(self.spare(seconds))
            self.database.tidy()

    def drive(self, operation: Operation, clients: int, seconds: int) -> Result:
        """One run. Raises wrk.Failed."""
        spec, span = self.spec(operation.name), self.span(operation)
        return wrk.drive(self.port, spec, span, clients=clients, seconds=seconds)

    def spec(self, operation: str) -> RequestTemplate:
        return self.requests()[operation]

    def span(self, operation: Operation) -> Span:
        match operation.numbers:
            case Numbers.ANY:
                return Span(1, self.size, "any")
            case Numbers.EACH:
                return Span(1, self.size, "each")
            case Numbers.FRESH:
                # Another part for each run: late requests of the one before are in nobody's way.
                return Span(self.runs * FRESH + 1, (self.runs + 1) * FRESH, "each")
            case Numbers.SPARE:
                return Span(self.size + 1, self.size + FRESH, "each")

    def spare(self, seconds: int) -> range:
        return range(self.size + 1, self.size + 1 + self.spare_a_second * (seconds + 1))

    def add_spare(self, numbers: range) -> None:
        self.load(numbers)

    # Processes.

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def cpu(self) -> float:
        """Processor seconds of its processes until now."""
        return processes.seconds(self.pid)

    def run(self, *command: str, **environ: str) -> None:
        """Start the server, in a session of its own."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_for(self, path: str) -> None:
        """Until this is answered, whatever the answer."""

        def answers() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            return Wire(self.port, self.token).get(path).status > 0

        eventually(answers)

    def close(self) -> None:
        if self.process is None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
