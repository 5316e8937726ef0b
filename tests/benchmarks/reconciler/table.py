"""What came of it, as the README shows it."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.readme import table
from tests.benchmarks.reconciler.runs import BARE, Measured

HEADS = (
    *("volumes made", "among settled", "in a second (of the bare disk)"),
    "CPU s of 1,000: reconcilers + database",
)


def markdown(found: Iterable[Measured]) -> str:
    measured = list(found)
    return table(HEADS, [_row(one, _bare(measured, one)) for one in measured])


def _bare(measured: Iterable[Measured], like: Measured) -> Measured:
    """The disk's runs between those."""
    pairs = ((one.settled, one.reconcilers) for one in measured)
    return dict(zip(pairs, measured, strict=True))[like.settled, BARE]


def _row(one: Measured, bare: Measured) -> list[str]:
    rate, disk = (each.middle(lambda run: run.rate) for each in (one, bare))
    reconcilers, database = (
        one.middle(lambda run: run.reconcilers),
        one.middle(lambda run: run.database),
    )
    return [
        who(one.reconcilers),
        f"{one.settled:,}",
        f"{rate:.0f} ({rate / disk:.0%})",
        f"{reconcilers:.2f} + {database:.2f}",
    ]


def who(reconcilers: int) -> str:
    if reconcilers == BARE:
        return "the bare disk, nobody else"
    return f"by {reconcilers} reconciler{'s' * (reconcilers > 1)}"
