"""The clients of a run, as processes: started, killed and replaced, and waited for."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.installation import LONGEST, ROOT, Process


@dataclass(frozen=True)
class Work:
    """What all clients of a run do, and against what."""

    port: int
    token: str
    seed: str
    places: list[dict[str, Any]]
    weights: dict[str, int]
    room: int
    directory: Path
    prefix: str
    """What the names of its clients begin with."""


class Clients:
    """So many at any time; who is killed is followed by another under a new name."""

    def __init__(self, work: Work, count: int) -> None:
        self.work = work
        self.started = 0
        self.running: list[Process] = []
        for _ in range(count):
            self.start()

    def start(self) -> None:
        self.started += 1
        name = f"{self.work.prefix}{self.started}"
        task = vars(self.work) | {"name": name, "log": self.work.directory / f"{name}.jsonl"}
        process = subprocess.Popen(
            # Without the environment and what is installed: it needs none of it, and starts at once.
            [sys.executable, "-E", "-S", "-m", "tests.history.client"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(task, default=str).encode() + b"\n")
        process.stdin.close()
        self.running.append(process)

    def kill(self, number: int) -> None:
        """One of them, in the middle of whatever it does, and another takes its place."""
        victim = self.running.pop(number % len(self.running))
        victim.kill()
        victim.wait()
        self.start()

    def finish(self) -> None:
        """Let those that are left come to the end of what they are at."""
        for process in self.running:
            process.terminate()
        codes = {process.wait(LONGEST) for process in self.running}
        # One that was started a moment ago has nothing to finish.
        assert codes <= {0, -signal.SIGTERM}, codes

    def close(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
