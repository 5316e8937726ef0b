"""The benchmark of the reconciler, beside the same work of the disk alone."""

from __future__ import annotations

import os

import pytest

from tests.benchmarks.reconciler.runs import Measured, Run, measure
from tests.benchmarks.reconciler.table import markdown
from tests.benchmarks.running import databases, temporary_home

DATABASE = "postgresql" if os.environ.get("DATABASE_URL") else "sqlite"


def test_rates_are_shown_beside_the_disks_of_the_same_rounds() -> None:
    found = [
        Measured(0, threads=1, runs=[Run(900, 0.5, 0), Run(1100, 0.7, 0), Run(1000, 0.6, 0)]),
        Measured(0, threads=64, runs=[Run(1000, 0.5, 0), Run(3000, 0.7, 0), Run(2000, 0.6, 0)]),
        Measured(0, 2, runs=[Run(1800, 0.9, 0.4)]),
        Measured(100_000, threads=1, runs=[Run(400, 0.6, 0)]),
        Measured(100_000, threads=64, runs=[Run(500, 0.6, 0)]),
        Measured(100_000, 2, runs=[Run(400, 1, 0.5)]),
    ]
    cells = [line.split(" | ")[1:] for line in markdown(found).splitlines()[2:]]
    assert cells == [
        ["0", "1000", "100%", "50%", "0.60 + 0.00 |"],
        ["0", "2000", "200%", "100%", "0.60 + 0.00 |"],
        ["0", "1800", "180%", "90%", "0.90 + 0.40 |"],
        ["100,000", "400", "100%", "80%", "0.60 + 0.00 |"],
        ["100,000", "500", "125%", "100%", "0.60 + 0.00 |"],
        ["100,000", "400", "100%", "80%", "1.00 + 0.50 |"],
    ]


@pytest.mark.races
@pytest.mark.xdist_group("benchmarks")
def test_each_run_creates_new_volumes() -> None:
    made: list[int] = []
    with temporary_home() as home, databases(home, DATABASE) as new_database:
        measure(
            home,
            new_database,
            settled=5,
            volumes=20,
            reconcilers=[1],
            rounds=2,
            say=lambda _: made.append(len(list(home.glob("among-5/volumes/[!.]*/data")))),
        )
    # Before the first round; then after both runs of the bare disk, and the reconciler's.
    assert made == [0, 0, 0, 20, 0, 0, 20]
