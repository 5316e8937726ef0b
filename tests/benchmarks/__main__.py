"""`python -m tests.benchmarks`: start the services, measure them, and write the report."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import processes, wrk
from tests.benchmarks.machine import machine
from tests.benchmarks.operations import OPERATIONS
from tests.benchmarks.profiling import profile
from tests.benchmarks.report import Report, markdown
from tests.benchmarks.rounds import measure
from tests.benchmarks.running import Pair, running
from tests.benchmarks.selection import Selection, arguments, selections
from tests.benchmarks.services import Service
from tests.benchmarks.tables import documented


def main() -> None:
    wanted = arguments()
    if wanted.table:
        print(documented(Report.load(wanted.table)))
        return
    if not wrk.installed():
        sys.exit("wrk is missing: apt-get install wrk")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing is left running then either
    output = wanted.output or Path(tempfile.mkdtemp(prefix="holdfast-report-"))
    report = Report(machine(wanted.database), wanted.rounds, wanted.seconds)
    chosen = selections(wanted)
    pairs = [pair for selection in chosen for pair in selection.pairs()]
    with running(wanted.database, pairs, say) as services:
        for selection in chosen:
            drive(selection, services, wanted, report, output)
        report.memory = {
            f"{name} with {size:,}": processes.memory(service.pid)
            for (name, size), service in services.items()
            if service.process
        }
    report.save(output)
    say(f"\n{markdown(report)}\nin {output}")


def drive(
    selection: Selection,
    services: dict[Pair, Service],
    wanted: argparse.Namespace,
    report: Report,
    output: Path,
) -> None:
    """Measure a selection, and look into the one that is to be profiled."""
    present = [services[pair] for pair in selection.pairs() if pair in services]
    for name in selection.operations:
        operation = OPERATIONS[name]
        able = [service for service in present if name in service.requests()]
        for clients in selection.clients:
            report.measured += measure(
                operation,
                able,
                clients=clients,
                rounds=wanted.rounds,
                seconds=wanted.seconds,
                say=say,
            )
            for service in able:
                if service.name == wanted.profile:
                    found = profile(service, operation, clients, wanted.seconds, output)
                    say("\n".join(["", f"{service.name}, {operation.title}", *found, ""]))


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
