"""Requests and responses as the clients recorded them: two JSON lines for each operation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

OPEN = {0, 503}
"""No answer, or one that says that the database went away: it may have happened, or not."""


@dataclass(frozen=True)
class Operation:
    """One request from its invocation to its answer, in the machine's monotonic seconds."""

    client: str
    number: int
    kind: str
    environment: str
    began: float
    volume: str | None = None
    target: str | None = None
    """The application or the snapshot that it is about."""
    body: Any = None
    key: str | None = None
    if_match: str | None = None
    ended: float | None = None
    status: int = 0
    answer: Any = None

    def __str__(self) -> str:
        return f"{self.kind} {self.client}/{self.number} ({self.status or 'no answer'})"

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def mark(self) -> str | None:
        """What it writes that nobody else writes."""
        said: str | None = (self.body or {}).get("name" if self.kind == "snap" else "description")
        return said

    @property
    def expected(self) -> int | None:
        """The version that it demands to find."""
        given = self.if_match or (self.body or {}).get("version")
        return None if given is None else int(str(given).strip('"').partition(".")[0])

    @property
    def codes(self) -> set[str]:
        """Why it was refused."""
        return {problem["code"] for problem in (self.answer or {}).get("errors", ())}


def read_log(directory: Path) -> list[Operation]:
    """All operations of all clients, in the order in which they began."""
    read = (operation for path in directory.glob("*.jsonl") for operation in _of_one(path))
    return sorted(read, key=lambda operation: operation.began)


def _of_one(path: Path) -> Iterator[Operation]:
    answers = {}
    invocations = []
    for line in _whole_lines(path):
        if "kind" in line:
            invocations.append(line)
        else:
            answers[line.pop("number")] = line
    for line in invocations:
        yield Operation(client=path.stem, **line, **answers.get(line["number"], {}))


def _whole_lines(path: Path) -> Iterable[Json]:
    """What was written to the end: a client that is killed leaves a part of its last line."""
    whole, _, _ = path.read_text().rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]
