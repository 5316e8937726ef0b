"""Medians, ratios and spread."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.report import Report, markdown, ratio
from tests.benchmarks.rounds import Measured, Run


def measured(service: str, *rates: float, operation: str = "get") -> Measured:
    runs = [
        Run(rate, p50=1600 / rate, p99=8000 / rate, server=0.5, database=0.25) for rate in rates
    ]
    return Measured(service, 10_000, operation, 16, runs)


def report() -> Report:
    found = [
        measured("fastapi", 1000, 2000, 8000),
        measured("holdfast", 4000, 2500, 3000),
        measured("textbook", 90, 100, 110),
        measured("holdfast", 50, 60, 70, operation="login"),
    ]
    return Report({"processor": "Abacus", "cores": 2}, 3, 2, found, {"holdfast with 10,000": 240})


def test_a_ratio_is_that_of_the_medians_of_the_same_operation() -> None:
    made = report()
    holdfast = made.measured[1]
    assert ratio(holdfast, made.of("fastapi", holdfast)) == "1.50"
    assert ratio(holdfast, made.of("textbook", holdfast)) == "30.00"


def test_there_is_no_ratio_without_a_counterpart() -> None:
    made = report()
    login = made.measured[3]
    assert ratio(login, made.of("fastapi", login)) == "–"


def test_the_table_shows_medians_with_their_spread() -> None:
    row = "| holdfast | 10,000 | 3000 (2500–4000) | 30.00 | 1.50 | 0.53 | 2.67 | 0.50 + 0.25 |"
    assert row in markdown(report()).splitlines()


def test_a_saved_report_is_read_back_as_it_was(tmp_path: Path) -> None:
    report().save(tmp_path)
    assert Report.load(tmp_path / "report.json") == report()
