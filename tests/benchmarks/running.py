"""Everything that runs while it is measured: a database server, the services, and what each one has."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks.databases import NewDatabase, Postgres, Sqlite
from tests.benchmarks.services import SERVICES, Service
from tests.support.postgres import PrivatePostgres

Pair = tuple[str, int]
"""A service's name, and how many volumes it has."""


@contextmanager
def running(
    database: str, pairs: Iterable[Pair], say: Callable[[str], None] = print
) -> Iterator[dict[Pair, Service]]:
    """Those of them that run on that database, loaded. Nothing of it is left afterwards."""
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home())
        new_database = stack.enter_context(databases(home, database))
        services: dict[Pair, Service] = {}
        for name, size in dict.fromkeys(pairs):
            if database in SERVICES[name].databases:
                say(f"loading {size:,} volumes into {name}")
                service = services[name, size] = SERVICES[name](home, new_database, size)
                stack.callback(service.close)
                service.start()
                service.load(range(1, size + 1))
                service.database.tidy()
        yield services


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A directory that goes with the run."""
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        home = Path(name)
        home.chmod(0o755)  # the database's user passes through
        yield home


@contextmanager
def databases(home: Path, kind: str) -> Iterator[NewDatabase]:
    """Where each service gets a database of its own."""
    if kind == "sqlite":
        yield lambda place: Sqlite(place / "holdfast.sqlite3")
        return
    server = PrivatePostgres(home / "postgres", durable=True)
    try:
        yield lambda place: Postgres(server, place.name.replace("-", "_"))
    finally:
        server.stop()
