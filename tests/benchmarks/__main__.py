"""`python -m tests.benchmarks`: start everything, drive it, say what came of it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks import processes, wrk
from tests.benchmarks.databases import NewDatabase, Postgres, Sqlite
from tests.benchmarks.machine import machine
from tests.benchmarks.operations import OPERATIONS
from tests.benchmarks.report import Report, markdown
from tests.benchmarks.rounds import measure
from tests.benchmarks.selection import arguments, selections
from tests.benchmarks.services import SERVICES, Service
from tests.support.postgres import PrivatePostgres


def main() -> None:
    if not wrk.installed():
        sys.exit("wrk is missing: apt-get install wrk")
    wanted = arguments()
    chosen = selections(wanted)
    output = wanted.output or Path(tempfile.mkdtemp(prefix="holdfast-report-"))
    report = Report(machine(wanted.database))
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-bench-")))
        home.chmod(0o755)  # the database's user passes through
        new_database = stack.enter_context(databases(home, wanted.database))
        running: dict[tuple[str, int], Service] = {}
        for selection in chosen:
            for name, size in selection.pairs():
                if (name, size) not in running and SERVICES[name].runs_on(wanted.database):
                    say(f"loading {size:,} volumes into {name}")
                    service = SERVICES[name](home, new_database, size)
                    stack.callback(service.close)
                    service.start()
                    service.load(range(1, size + 1))
                    service.database.tidy()
                    running[name, size] = service
        for selection in chosen:
            services = [running[pair] for pair in selection.pairs() if pair in running]
            for operation in selection.operations:
                for clients in selection.clients:
                    report.measured += measure(
                        OPERATIONS[operation],
                        services,
                        clients=clients,
                        rounds=wanted.rounds,
                        seconds=wanted.seconds,
                        say=say,
                    )
        for (name, size), service in running.items():
            if service.process:
                report.memory[f"{name} with {size:,}"] = processes.memory(service.pid)
    report.save(output)
    say(f"\n{markdown(report)}\nin {output}")


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


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
