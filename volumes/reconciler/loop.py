"""The reconcile loop: looks for unsettled rows, fair to environments, and runs many steps at a time."""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import Iterator
from threading import Event
from typing import NamedTuple

from django.db import Error, connection

from config import limits
from volumes.reconciler.executors import Executor, loop_executors
from volumes.reconciler.expiry import ExpiryTimer
from volumes.reconciler.fair_queue import Backlog, RoundRobin
from volumes.reconciler.outcomes import Outcome
from volumes.reconciler.periodic import PeriodicRunner, check_all_settled
from volumes.reconciler.step_runner import StepRunner
from volumes.reconciler.targets import TARGETS, Rows

log = logging.getLogger("holdfast.reconciler")


class Queue(NamedTuple):
    """Due rows for one executor."""

    rows: Rows
    order: RoundRobin | Backlog
    executor: Executor


class PassResult(NamedTuple):
    """The result of one pass over all rows."""

    unsettled: int
    worked_on: int
    unreadable: list[str]
    """A sentence for each settled volume whose data could not be checked."""


class ReconcileLoop:
    """Gives due rows to a step runner."""

    def __init__(self) -> None:
        executors = loop_executors()
        self.runner = StepRunner(executors)
        self.queues = deque(
            Queue(rows, RoundRobin(rows), executors.select(is_bulk=is_bulk))
            for target in TARGETS
            for rows, is_bulk in target.due()
        )

    def start_due(self) -> int:
        """Start steps of due rows in all free threads. Return their number."""
        self.queues.rotate()  # otherwise the first kind of rows would always be served first
        return sum(start(self.runner, queue) for queue in self.queues)


def start(runner: StepRunner, queue: Queue) -> int:
    """Start steps of a queue's rows in free threads. Return their number."""
    queued = queue.order.take(queue.executor.free_slots(), queue.executor.free_share)
    return runner.start(queue.rows, queued) if queued else 0


def run_forever(stop: Event) -> None:
    """Run the loop until `stop` is set, then finish the running steps."""
    loop, periodic, expiry = ReconcileLoop(), PeriodicRunner(), ExpiryTimer()
    while not stop.is_set():
        try:
            expiry.run_due()
            started = loop.start_due()
        except Error as error:
            log.warning("database_unavailable", extra={"cause": str(error)})
            connection.close()
            started = 0
        periodic.run_due(stop)
        if loop.runner.is_busy:
            loop.runner.collect(timeout=0.05 if started else limits.POLL_INTERVAL)
        else:
            stop.wait(limits.POLL_INTERVAL)
    loop.runner.drain()
    periodic.drain()
    connection.close()  # the thread's own connection; SQLite keeps its log until then


def run_once() -> PassResult:
    """Process every unsettled row without regard to its backoff, and check every settled volume's data.

    Wait for rows that another process has leased, for the time of a lease, in case it has died.
    """
    runner = StepRunner(loop_executors())
    seen: set[uuid.UUID] = set()
    stuck: set[uuid.UUID] = set()
    deadline = time.monotonic() + limits.LEASE.total_seconds() + 2
    while True:
        for outcome in _run_pass(runner, stuck):
            seen.add(outcome.row.pk)
            # A row that succeeded but is not settled yet gets its next step.
            stuck |= set() if outcome.succeeded else {outcome.row.pk}
        if not _unsettled() - stuck or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    runner.drain()
    unreadable = check_all_settled()
    return PassResult(len(_unsettled()), len(seen), unreadable)


def _run_pass(runner: StepRunner, stuck: set[uuid.UUID]) -> Iterator[Outcome]:
    """Run a step for each unsettled row, except for stuck ones."""
    queues = [
        Queue(rows, _backlog(rows, stuck), runner.executors.select(is_bulk=is_bulk))
        for target in TARGETS
        for rows, is_bulk in target.eligible()
    ]
    while any(queue.order for queue in queues) or runner.is_busy:
        for queue in queues:
            start(runner, queue)
        yield from runner.collect(timeout=limits.POLL_INTERVAL if runner.is_busy else 0)


def _backlog(rows: Rows, stuck: set[uuid.UUID]) -> Backlog:
    free = rows.free().order_by("due_at").values_list("pk", "environment")
    return Backlog(row for row in free.iterator() if row[0] not in stuck)


def _unsettled() -> set[uuid.UUID]:
    eligible = [target.rows.eligible() for target in TARGETS]
    return {pk for rows in eligible for pk in rows.values_list("pk", flat=True)}
