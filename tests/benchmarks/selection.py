"""What a call of the benchmark measures."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from tests.benchmarks.operations import OPERATIONS
from tests.benchmarks.services import SERVICES

COMPARED = ["get", "list", "create", "update", "delete"]
PAGES = ["validate", "login", "environment-page", "environment-search", "volume-page"]
PAGES += ["admin-list", "admin-search", "admin-start"]
CONNECTIONS = ["get", "list", "create"]
AT_SIZE = ["get", "list", "page-1000", "last-page", "name", "search", "search-common"]


@dataclass(frozen=True)
class Selection:
    """Every operation of every service, with every number of volumes, by every number of clients."""

    operations: list[str]
    services: list[str]
    sizes: list[int]
    clients: list[int]

    def pairs(self) -> Iterator[tuple[str, int]]:
        """Each service with each number of volumes."""
        return product(self.services, self.sizes)


DOCUMENTED = [
    Selection(COMPARED + PAGES, list(SERVICES), [10_000], [16]),
    Selection(CONNECTIONS, ["fastapi", "holdfast", "textbook"], [10_000], [1, 64]),
    Selection(AT_SIZE, ["holdfast"], [100, 10_000, 1_000_000], [1]),
]


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Without a choice of operations, services, sizes or clients: as docs/performance.md.",
    )
    parser.add_argument("--operations", type=some_of(OPERATIONS), metavar="NAME,…")
    parser.add_argument("--services", type=some_of(SERVICES), metavar="NAME,…")
    parser.add_argument("--sizes", type=numbers, metavar="N,…", help="volumes in the environment")
    parser.add_argument("--clients", type=numbers, metavar="N,…", help="connections at once")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of each run")
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument(
        "--profile", choices=SERVICES, metavar="NAME", help="a service to look into"
    )
    parser.add_argument("--output", type=Path, help="a directory; a new temporary one otherwise")
    parser.add_argument(
        "--table", type=Path, metavar="REPORT.JSON", help="print the tables of docs/performance.md"
    )
    return parser.parse_args(given)


def selections(wanted: argparse.Namespace) -> list[Selection]:
    chosen = (wanted.operations, wanted.services, wanted.sizes, wanted.clients)
    if not any(chosen):
        return DOCUMENTED
    operations, services, sizes, clients = chosen
    return [
        Selection(
            operations or COMPARED, services or list(SERVICES), sizes or [10_000], clients or [16]
        )
    ]


def some_of(known: Container[str]) -> Callable[[str], list[str]]:
    def names(value: str) -> list[str]:
        chosen = value.split(",")
        if unknown := [name for name in chosen if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not among them")
        return chosen

    return names


def numbers(value: str) -> list[int]:
    """`100,10_000`"""
    return [int(number) for number in value.split(",")]
