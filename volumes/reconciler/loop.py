"""Looking for work: all that is unsettled, environments taking turns, several rows at a time."""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import Iterator
from threading import Event
from typing import NamedTuple

from django.db import Error, connection

from volumes.models import Snapshot, Volume
from volumes.models.querysets import LEASE
from volumes.reconciler.executors import Executor, loop_executors
from volumes.reconciler.expiry import ExpiryTimer
from volumes.reconciler.fair_queue import Backlog, RoundRobin
from volumes.reconciler.outcomes import Outcome
from volumes.reconciler.periodic import PeriodicRunner, look_at_all_settled
from volumes.reconciler.step_runner import StepRunner
from volumes.reconciler.targets import Rows

log = logging.getLogger("holdfast.reconciler")

IDLE = 1.0
"""Seconds between looks for work while there is none."""


class Queue(NamedTuple):
    """Due rows whose steps are taken by one executor."""

    rows: Rows
    turns: RoundRobin | Backlog
    executor: Executor


class PassResult(NamedTuple):
    """What one pass over all rows left."""

    unsettled: int
    worked_on: int
    unreadable: list[str]
    """Settled volumes whose data could not be looked at, each in a sentence."""


class ReconcileLoop:
    """Gives due rows to a step runner."""

    def __init__(self) -> None:
        executors = loop_executors()
        self.runner = StepRunner(executors)
        self.queues = deque(
            Queue(rows, RoundRobin(rows), executors.of(is_bulk=is_bulk))
            for rows, is_bulk in _split(Volume.objects.due(), Snapshot.objects.due())
        )

    def round(self) -> int:
        """Start as many due rows as there are free threads for. Returns how many were started."""
        self.queues.rotate()  # one kind must not always leave the other what it does not need
        return sum(start(self.runner, queue) for queue in self.queues)


def start(runner: StepRunner, queue: Queue) -> int:
    """Start those rows of a queue for which there are threads. Returns how many were started."""
    queued = queue.turns.take(queue.executor.free_slots(), queue.executor.free_share)
    return runner.start(queue.rows, queued) if queued else 0


def run_forever(stop: Event) -> None:
    """Sweep until told to stop, then end after the steps that are under way."""
    sweeper, periodic, expiry = ReconcileLoop(), PeriodicRunner(), ExpiryTimer()
    while not stop.is_set():
        try:
            expiry.run_due()
            started = sweeper.round()
        except Error as error:
            log.warning("the database does not answer: %s", error)
            connection.close()
            started = 0
        periodic.run_due(stop)
        if sweeper.runner.is_busy:
            sweeper.runner.collect(timeout=0.05 if started else IDLE)
        else:
            stop.wait(IDLE)
    sweeper.runner.drain()
    periodic.drain()
    connection.close()  # the thread's own: nobody else would, and SQLite keeps its log until then


def run_once() -> PassResult:
    """Every unsettled row once, whatever its pause, and a look at every settled volume's data.

    Rows that another process holds are waited for over a lease's time, in case that process has died.
    """
    runner = StepRunner(loop_executors())
    seen: set[uuid.UUID] = set()
    stuck: set[uuid.UUID] = set()
    deadline = time.monotonic() + LEASE.total_seconds() + 2
    while True:
        for outcome in _work_through(runner, stuck):
            seen.add(outcome.row.pk)
            # What went well and is not settled yet gets its next step.
            stuck |= set() if outcome.succeeded else {outcome.row.pk}
        if not _unsettled() - stuck or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    runner.drain()
    unreadable = look_at_all_settled()
    return PassResult(len(_unsettled()), len(seen), unreadable)


def _work_through(runner: StepRunner, stuck: set[uuid.UUID]) -> Iterator[Outcome]:
    """A step with each row that is unsettled now, but for those that are stuck."""
    queues = [
        Queue(rows, _backlog(rows, stuck), runner.executors.of(is_bulk=is_bulk))
        for rows, is_bulk in _split(Volume.objects.eligible(), Snapshot.objects.eligible())
    ]
    while any(queue.turns for queue in queues) or runner.is_busy:
        for queue in queues:
            start(runner, queue)
        yield from runner.collect(timeout=IDLE if runner.is_busy else 0)


def _backlog(rows: Rows, stuck: set[uuid.UUID]) -> Backlog:
    free = rows.free().order_by("due_at").values_list("pk", "environment")
    return Backlog(row for row in free.iterator() if row[0] not in stuck)


def _split(volumes: Rows, snapshots: Rows) -> list[tuple[Rows, bool]]:
    """The sets whose steps are quick, and those whose steps are bulk."""
    return [(volumes.quick(), False), (volumes.bulk(), True), (snapshots.bulk(), True)]


def _unsettled() -> set[uuid.UUID]:
    volumes, snapshots = Volume.objects.eligible(), Snapshot.objects.eligible()
    return {pk for rows in (volumes, snapshots) for pk in rows.values_list("pk", flat=True)}
