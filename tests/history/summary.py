"""A summary of a run in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.history.checker import Anomaly
from tests.history.operations import Operation
from tests.history.run import Run

SHOWN = 20


def summary(run: Run, anomalies: list[Anomaly]) -> str:
    operations, final = run.operations, run.final
    outcomes = Counter(_outcome(operation) for operation in operations)
    versions = sum(row["version"] for row in final.volumes.values())
    kills = ", ".join(f"{count} {kind}" for kind, count in sorted(run.kills.items()))
    lines = [
        f"operations: {len(operations)} ({_counted(outcomes)})",
        f"by kind:    {_counted(Counter(operation.kind for operation in operations))}",
        f"kills:      {kills or 'none'}",
        f"left:       {len(final.volumes)} volumes in {versions} versions",
        f"anomalies:  {len(anomalies)}",
        *_shown(anomalies),
    ]
    return "\n".join(lines)


def _outcome(operation: Operation) -> str:
    if operation.is_open:
        return "not answered"
    return "accepted" if operation.accepted else "refused"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def _shown(anomalies: Iterable[Anomaly]) -> Iterator[str]:
    for number, anomaly in enumerate(anomalies):
        if number < SHOWN:
            yield f"  {anomaly}"
