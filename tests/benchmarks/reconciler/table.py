"""The results, as a table for `docs/performance.md`."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.reconciler.runs import THREADS, Measured
from tests.benchmarks.tables import table

HEADS = (
    *("volumes made", "among settled", "in a second"),
    *(f"of the bare disk's with {number} thread{'s' * (number > 1)}" for number in THREADS),
    "CPU s of 1,000: reconcilers + database",
)


def markdown(found: Iterable[Measured]) -> str:
    measured = list(found)
    return table(HEADS, [_row(one, _bare(measured, one.settled)) for one in measured])


def _bare(measured: Iterable[Measured], settled: int) -> list[Measured]:
    """The disk's runs between those."""
    return [one for one in measured if one.threads and one.settled == settled]


def _row(one: Measured, bare: Iterable[Measured]) -> list[str]:
    rate = _rate(one)
    reconcilers, database = (
        one.middle(lambda run: run.reconcilers),
        one.middle(lambda run: run.database),
    )
    return [
        who(one),
        f"{one.settled:,}",
        f"{rate:.0f}",
        *(f"{rate / _rate(disk):.0%}" for disk in bare),
        f"{reconcilers:.2f} + {database:.2f}",
    ]


def _rate(one: Measured) -> float:
    return one.middle(lambda run: run.rate)


def who(one: Measured) -> str:
    if one.threads:
        return f"on the bare disk, by {one.threads} thread{'s' * (one.threads > 1)}"
    return f"by {one.reconcilers} reconciler{'s' * (one.reconcilers > 1)}"
