"""Where a service spends its time: py-spy samples its processes under load."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.operations import Operation
from tests.benchmarks.services import Service

FORMATS = {"flamegraph": "svg", "raw": "txt"}
"""To look at, and to count in: a line for each stack and how often it was seen."""
LOOKS = 200
"""In a second."""


def profile(
    service: Service, operation: Operation, clients: int, seconds: int, directory: Path
) -> list[str]:
    """Write both formats. Returns where most of the time goes. Needs leave to trace (root has it)."""
    name = f"{service.name}-{service.size}-{operation.name}-{clients}"
    directory.mkdir(parents=True, exist_ok=True)
    for kind, ending in FORMATS.items():
        service.prepare(operation, seconds)
        recording = subprocess.Popen(
            [
                *(str(Path(sys.executable).with_name("py-spy")), "record", "--subprocesses"),
                *("--pid", str(service.pid), "--rate", str(LOOKS), "--duration", str(seconds)),
                *("--format", kind, "--output", str(directory / f"{name}.{ending}")),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        service.drive(operation, clients, seconds)
        assert recording.wait(60) == 0, "py-spy could not look"
    return heaviest((directory / f"{name}.txt").read_text().splitlines())


def heaviest(stacks: Iterable[str], most: int = 15) -> list[str]:
    """The functions in which the samples were taken, with their share in percent."""
    seen: Counter[str] = Counter()
    for stack in stacks:
        frames, _, times = stack.rpartition(" ")
        seen[frames.rpartition(";")[2]] += int(times)
    return [
        f"{times * 100 / seen.total():5.1f} %  {function}"
        for function, times in seen.most_common(most)
    ]
