"""The part of a report that `docs/performance.md` shows."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.operations import OPERATIONS
from tests.benchmarks.report import Report, middle, rate
from tests.benchmarks.rounds import Measured
from tests.benchmarks.selection import AT_SIZE, COMPARED, CONNECTIONS, PAGES
from tests.benchmarks.services import SERVICES

SIZE, CLIENTS = 10_000, 16
SIZES = (100, 10_000, 1_000_000)


def documented(report: Report) -> str:
    parts = (
        where(report),
        processor_time(report),
        compared(report),
        crowds(report),
        sizes(report),
        pages(report),
    )
    return "\n\n".join(parts)


def where(report: Report) -> str:
    machine = ", ".join(f"{value}" for value in report.machine.values())
    return (
        f"Measured on {machine}, with the load on the same cores. The figures are medians of"
        f" {report.rounds} interleaved rounds of {report.seconds} s each, with {SIZE:,} volumes and"
        f" {CLIENTS} clients unless stated otherwise."
    )


def processor_time(report: Report) -> str:
    """Milliseconds of a request: the server's and the database's. A busy machine does not change them."""
    heads = ["processor time, ms: server + database", *(OPERATIONS[one].title for one in COMPARED)]
    rows = [
        [service.title, *(_times(report.find(name, SIZE, one, CLIENTS)) for one in COMPARED)]
        for name, service in SERVICES.items()
    ]
    return table(heads, rows)


def compared(report: Report) -> str:
    """Requests in a second and how many times the textbook's, and memory."""
    heads = ["requests/s (ratio to the textbook)", *(OPERATIONS[name].title for name in COMPARED)]
    rows = []
    for name, service in SERVICES.items():
        rates = [_compared(report, report.find(name, SIZE, one, CLIENTS)) for one in COMPARED]
        memory = report.memory.get(f"{name} with {SIZE:,}")
        rows.append([service.title, *rates, f"{memory} MB" if memory else ""])
    return table([*heads, "memory"], rows)


def crowds(report: Report) -> str:
    """Latencies as the crowd grows."""
    heads = ["p50 / p99, ms"]
    heads += [f"{OPERATIONS[one].title}, {n}" for one in CONNECTIONS for n in (1, 16, 64)]
    rows = []
    for name in ("holdfast", "fastapi", "textbook"):
        found = [report.find(name, SIZE, one, n) for one in CONNECTIONS for n in (1, 16, 64)]
        rows.append([name, *map(_latency, found)])
    return table(heads, rows)


def sizes(report: Report) -> str:
    """The same question in ever larger environments, and the last against the one before."""
    heads = ["p50 of one client, ms", *(f"{size:,} volumes" for size in SIZES), "ratio"]
    rows = []
    for operation in AT_SIZE:
        found = [report.find("holdfast", size, operation, 1) for size in SIZES]
        times = [middle(one, lambda run: run.p50) if one else None for one in found]
        growth = f"{times[-1] / times[-2]:.2f}" if times[-1] and times[-2] else ""
        shown = [f"{time:.1f}" if time else "" for time in times]
        rows.append([OPERATIONS[operation].title, *shown, growth])
    return table(heads, rows)


def pages(report: Report) -> str:
    """What only Holdfast has."""
    rows = []
    for operation in PAGES:
        found = report.find("holdfast", SIZE, operation, CLIENTS)
        rows.append(
            [OPERATIONS[operation].title, f"{rate(found):.0f}" if found else "", _latency(found)]
        )
    return table(["only in Holdfast", "requests/s", "p50 / p99, ms"], rows)


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first, *others = heads
    lines = [[first, *others], ["---", *("--:" for _ in others)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _compared(report: Report, found: Measured | None) -> str:
    if found is None:
        return ""
    textbook = report.of("textbook", found)
    return f"{rate(found):.0f}" + (f" ({rate(found) / rate(textbook):.1f})" if textbook else "")


def _times(found: Measured | None) -> str:
    if found is None:
        return ""
    return f"{middle(found, lambda run: run.server):.2f} + {middle(found, lambda run: run.database):.2f}"


def _latency(found: Measured | None) -> str:
    if found is None:
        return ""
    return f"{middle(found, lambda run: run.p50):.1f} / {middle(found, lambda run: run.p99):.1f}"
