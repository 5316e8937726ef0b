"""What a server takes: the memory and the processor time of it and of all that it started. Linux only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int:
    """MB of all its processes, by proportional set size: what they share counts once."""
    return round(sum(map(_kilobytes, family(pid))) / 1024)


def seconds(pid: int) -> float:
    """Processor time of all its processes until now, those that have ended included."""
    return sum(map(_ticks, family(pid))) / TICKS


def family(pid: int) -> Iterator[int]:
    """The process, what it started, what those started; whatever ends meanwhile is left out."""
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return
    for child in children:
        yield from family(int(child))


def _kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # its parent counts it from now on
    return sum(map(int, fields[11:15]))  # of its own and of the children it has waited for
