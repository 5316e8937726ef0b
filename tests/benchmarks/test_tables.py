"""The tables for `docs/performance.md`, from a report that has only a part of them."""

from __future__ import annotations

from tests.benchmarks.report import Report
from tests.benchmarks.rounds import Measured, Run
from tests.benchmarks.tables import documented


def measured(service: str, rate: float, *, size: int = 10_000, clients: int = 16) -> Measured:
    run = Run(rate, p50=1000 * clients / rate, p99=2000 * clients / rate, server=0.5, database=0.25)
    return Measured(service, size, "get", clients, [run])


def test_tables_have_times_rates_latencies_and_growth_in_their_columns() -> None:
    found = [
        measured("holdfast", 2000),
        measured("textbook", 100),
        measured("holdfast", 500, clients=1),
        measured("holdfast", 400, clients=1, size=1_000_000),
    ]
    lines = documented(Report({"processor": "Abacus"}, 3, 2, found, {"holdfast with 10,000": 240}))
    first = [line.split(" | ")[1:] for line in lines.splitlines() if line.startswith("|")]
    assert ["0.50 + 0.25", "", "", "", " |"] in first
    assert ["2000 (20.0)", "", "", "", "", "240 MB |"] in first
    assert ["2.0 / 4.0", "8.0 / 16.0", "", "", "", "", "", "", " |"] in first
    assert ["", "2.0", "2.5", "1.25 |"] in first
