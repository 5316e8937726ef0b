"""What a campaign found, as tables for people and as JSON for machines."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.faults.kill_targets import Kill

STORAGE = "directory"


@dataclass(frozen=True)
class Line:
    """All kills at one row of the table on one database."""

    database: str
    storage: str
    victim: str
    operation: str
    point: str
    kills: int
    median_seconds: float
    """From the kill until everything had settled."""
    max_seconds: float

    @property
    def where(self) -> tuple[str, str, str]:
        return self.victim, self.operation, self.point


def lines(database: str, kills: Iterable[Kill]) -> list[Line]:
    times: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for kill in kills:
        times[kill.victim, kill.row.kind.title, kill.row.point].append(kill.settled_after)
    return [
        Line(
            database,
            STORAGE,
            *where,
            kills=len(found),
            median_seconds=round(median(found), 1),
            max_seconds=round(max(found), 1),
        )
        for where, found in times.items()
    ]


def summary(found: Sequence[Line], failures: Sequence[str]) -> str:
    """The campaign in a few lines."""
    databases = sorted({line.database for line in found})
    lines_of_databases = [
        _summary_of(name, [line for line in found if line.database == name]) for name in databases
    ]
    verdict = "What must hold held after every one." if not failures else "It did NOT always hold:"
    return "\n".join([*lines_of_databases, verdict, *failures])


def _summary_of(database: str, found: Sequence[Line]) -> str:
    points = len({line.point for line in found})
    return (
        f"{database}: {sum(line.kills for line in found)} kills in {len(found)} places, at {points}"
        f" points; settled after {median(line.median_seconds for line in found):.1f} s (median),"
        f" {max(line.max_seconds for line in found):.1f} s (longest)"
    )


def table(found: Sequence[Line]) -> str:
    """One row for each place, a column for each database: kills, and seconds (median / longest)."""
    databases = sorted({line.database for line in found})
    cells = {(line.where, line.database): _cell(line) for line in found}
    rows = [
        [*where, *(cells.get((where, database), "") for database in databases)]
        for where in dict.fromkeys(line.where for line in found)
    ]
    head = ["who dies", "doing what", "where", *databases]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def _cell(line: Line) -> str:
    return f"{line.kills}: {line.median_seconds} / {line.max_seconds}"


def write(directory: Path, found: Sequence[Line], failures: Sequence[str]) -> None:
    """`chaos.md` and `chaos.json`."""
    directory.mkdir(parents=True, exist_ok=True)
    text = (
        "# Kills\n\n"
        f"{summary(found, failures)}\n\n"
        "Each cell says how many processes were killed there, and after how many seconds everything"
        " had settled (median / longest). What a dead process held is free once its lease of 20 s has"
        " run out.\n\n"
        f"{table(found)}\n"
    )
    (directory / "chaos.md").write_text(text)
    content: dict[str, Any] = {"lines": [asdict(line) for line in found], "failures": [*failures]}
    (directory / "chaos.json").write_text(json.dumps(content, indent=1) + "\n")
