"""`python -m tests.benchmarks.reconciler`: 10,000 volumes by 1, 2 and 4 reconcilers."""

from __future__ import annotations

import argparse
import signal

from tests.benchmarks.machine import machine
from tests.benchmarks.reconciler.runs import Measured, measure
from tests.benchmarks.reconciler.table import markdown
from tests.benchmarks.running import databases, temporary_home
from tests.benchmarks.selection import numbers


def main() -> None:
    wanted = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing is left running then either
    found: list[Measured] = []
    with temporary_home() as home, databases(home, wanted.database) as new_database:
        for settled in wanted.settled:
            found += measure(
                home,
                new_database,
                settled=settled,
                volumes=wanted.volumes,
                reconcilers=wanted.reconcilers,
                rounds=wanted.rounds,
                say=say,
            )
    where = ", ".join(map(str, machine(wanted.database).values()))
    say(f"\nMeasured on {where}. Medians of {wanted.rounds} interleaved rounds.\n")
    say(markdown(found))


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reconciler")
    parser.add_argument("--volumes", type=int, default=10_000, help="to be made in each run")
    parser.add_argument("--settled", type=numbers, default=[0], metavar="N,…", help="beside them")
    parser.add_argument("--reconcilers", type=numbers, default=[1, 2, 4], metavar="N,…")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    return parser.parse_args(given)


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
