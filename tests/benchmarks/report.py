"""What came of it, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.operations import OPERATIONS
from tests.benchmarks.rounds import Measured, Run


@dataclass
class Report:
    machine: dict[str, Any]
    rounds: int
    seconds: int
    measured: list[Measured] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)
    """MB of each service after its runs."""

    def save(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "report.json").write_text(json.dumps(asdict(self), indent=1))
        (directory / "report.md").write_text(markdown(self))

    @classmethod
    def load(cls, path: Path) -> Report:
        kept = json.loads(path.read_text())
        found = [Measured(**{**one, "runs": _runs(one["runs"])}) for one in kept["measured"]]
        return cls(**{**kept, "measured": found})

    def of(self, service: str, like: Measured) -> Measured | None:
        """The same measured of another service."""
        return self.find(service, like.size, like.operation, like.clients)

    def find(self, *key: str | int) -> Measured | None:
        """By service, number of volumes, operation and number of clients."""
        return next((one for one in self.measured if _key(one) == key), None)


def middle(measured: Measured, of: Callable[[Run], float]) -> float:
    return median(map(of, measured.runs))


def rate(measured: Measured) -> float:
    return middle(measured, lambda run: run.rate)


def ratio(measured: Measured, other: Measured | None) -> str:
    """How many times the other's rate, or a dash where there is no other."""
    return f"{rate(measured) / rate(other):.2f}" if other else "–"


def markdown(report: Report) -> str:
    """Everything, one table for each operation and number of clients."""
    parts = ["# " + ", ".join(f"{key} {value}" for key, value in report.machine.items())]
    for (operation, clients), group in groupby(
        report.measured, lambda one: (one.operation, one.clients)
    ):
        parts.append(f"## {OPERATIONS[operation].title}, {clients} clients")
        parts.append("\n".join([*HEAD, *(_row(report, one) for one in group)]))
    parts.append("\n".join(f"- {name}: {size} MB" for name, size in report.memory.items()))
    return "\n\n".join(parts) + "\n"


HEAD = (
    "| service | volumes | requests/s (min–max) | of textbook | of FastAPI | p50 ms | p99 ms | CPU ms |",
    "|---|--:|--:|--:|--:|--:|--:|--:|",
)


def _row(report: Report, one: Measured) -> str:
    rates = [run.rate for run in one.runs]
    cells = (
        one.service,
        f"{one.size:,}",
        f"{rate(one):.0f} ({min(rates):.0f}–{max(rates):.0f})",
        ratio(one, report.of("textbook", one)),
        ratio(one, report.of("fastapi", one)),
        f"{middle(one, lambda run: run.p50):.2f}",
        f"{middle(one, lambda run: run.p99):.2f}",
        f"{middle(one, lambda run: run.server):.2f} + {middle(one, lambda run: run.database):.2f}",
    )
    return f"| {' | '.join(cells)} |"


def _runs(kept: list[dict[str, float]]) -> list[Run]:
    return [Run(**run) for run in kept]


def _key(one: Measured) -> tuple[str, int, str, int]:
    return one.service, one.size, one.operation, one.clients
