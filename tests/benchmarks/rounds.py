"""Interleaving: every service in turn, round after round, so that a noisy machine is noisy for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.operations import Operation
from tests.benchmarks.services import Service
from tests.benchmarks.wrk import Failed, Result

WARM_UP = 1
"""Seconds, of no account, before the first round."""


@dataclass(frozen=True)
class Run:
    """One run, in numbers that can be compared."""

    rate: float
    """Requests in a second."""
    p50: float
    """Milliseconds."""
    p99: float
    server: float
    """Milliseconds of processor time for a request. Other work on the machine changes it little."""
    database: float
    """The same of a database server."""


@dataclass
class Measured:
    """All runs of one operation by so many clients, of one service with so many volumes."""

    service: str
    size: int
    operation: str
    clients: int
    runs: list[Run] = field(default_factory=list)


def measure(
    operation: Operation,
    services: Sequence[Service],
    *,
    clients: int,
    rounds: int,
    seconds: int,
    say: Callable[[str], None],
) -> list[Measured]:
    """`rounds` runs of each service. Raises wrk.Failed."""
    found = [Measured(service.name, service.size, operation.name, clients) for service in services]
    for service in services:
        service.prepare(operation, WARM_UP)
        service.drive(operation, clients, WARM_UP)
    for _ in range(rounds):
        for service, measured in zip(services, found, strict=True):
            measured.runs.append(run(service, operation, clients, seconds))
            say(line(measured))
    return found


def run(service: Service, operation: Operation, clients: int, seconds: int) -> Run:
    service.prepare(operation, seconds)
    server, database = service.cpu(), service.database.cpu()
    result = service.drive(operation, clients, seconds)
    return compared(result, service.cpu() - server, service.database.cpu() - database)


def compared(result: Result, server: float, database: float) -> Run:
    """A result beside the processor seconds that it took."""
    if not result.requests:
        raise Failed("nothing was answered")
    return Run(
        rate=result.requests / result.seconds,
        p50=result.p50,
        p99=result.p99,
        server=server * 1000 / result.requests,
        database=database * 1000 / result.requests,
    )


def line(measured: Measured) -> str:
    last = measured.runs[-1]
    return (
        f"{measured.operation:17}{measured.clients:4} clients  {measured.service:16}"
        f"{measured.size:9,}{last.rate:9.0f}/s   p50 {last.p50:8.2f}   p99 {last.p99:8.2f}   "
        f"cpu {last.server:6.2f} +{last.database:6.2f} ms"
    )
