"""Run steps of many rows at once: threads call the backend, one thread persists the outcomes."""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from threading import Event

from django.db import connection

from config import limits
from volumes.backends import Backend
from volumes.models import Volume
from volumes.models.base import Reconciled
from volumes.reconciler import heartbeat
from volumes.reconciler.executors import Executors, Work
from volumes.reconciler.fair_queue import QueuedRow
from volumes.reconciler.outcomes import Outcome
from volumes.reconciler.persistence import Persisted, persist
from volumes.reconciler.steps import reconcile_row
from volumes.reconciler.targets import Rows, target_of
from volumes.storage import storage

log = logging.getLogger("holdfast.reconciler")

BATCH_WINDOW = 0.005
"""Seconds to wait for more outcomes after the first: persisting many costs little more than one."""


class StepRunner:
    """Runs steps in the threads of its executors. Each loop has one, and each batch of new volumes.

    A row is leased only while its step runs: a loop claims it when a thread is free, and a batch, whose
    rows were leased by their insert, releases what has not begun at its timeout.
    """

    def __init__(self, executors: Executors) -> None:
        self.executors = executors
        self._finished: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._begun = 0

    @property
    def is_busy(self) -> bool:
        """Return whether outcomes of started steps are still to be collected."""
        return self._begun > 0

    def start(self, rows: Rows, queued: Iterable[QueuedRow]) -> int:
        """Claim these rows and start a step for each. Return the number of claimed rows."""
        backend = storage()
        claimed = rows.claim([pk for pk, _ in queued])
        for row in claimed:
            executor = self.executors.select(is_bulk=target_of(row).is_bulk(row))
            executor.submit(row.environment_id, partial(self._step, row, backend))
        self._begun += len(claimed)
        return len(claimed)

    def collect(self, timeout: float) -> list[Outcome]:
        """Wait up to `timeout` seconds for a step, and persist the outcomes of all that finished."""
        outcomes = []
        try:
            outcomes.append(self._finished.get(timeout=timeout))
            time.sleep(BATCH_WINDOW)
        except queue.Empty:
            pass
        outcomes += self._take_finished()
        self._begun -= len(outcomes)
        self._persist(outcomes)
        return outcomes

    def run(
        self, rows: Sequence[Volume], timeout: float, on_settled: Callable[[Volume], None]
    ) -> None:
        """Run a step for each of these new volumes of one environment, which their insert leased.

        The outcomes of the first `timeout` seconds are persisted together. A step that hangs delays no
        other volume: it goes on, and its outcome is persisted alone. `on_settled` is called with each
        volume, as it is then, when its step is over.
        """
        begun = time.monotonic()
        backend, quick, waiting = storage(), self.executors.quick, deque(rows)
        is_done, is_late = Event(), Event()

        def work() -> None:
            while row := _next(waiting):
                self._step(row, backend)
                # The queue is read after `is_late` is set, and here after the step is in the queue. So
                # no outcome is left in it.
                if is_late.is_set():
                    self._settle(self._take_finished(), on_settled)
                elif self._finished.qsize() == len(rows):
                    is_done.set()

        for _ in range(min(len(rows), quick.share)):
            quick.submit(rows[0].environment_id, work, deadline=begun + timeout)
        is_done.wait(timeout)
        is_late.set()
        self._settle(self._take_finished(), on_settled)
        unbegun = list(iter(partial(_next, waiting), None))
        self._release(unbegun, begun + limits.INLINE_WAIT, on_settled)

    def drain(self) -> None:
        """Persist the outcomes of running steps, and end."""
        while self.is_busy:
            self.collect(timeout=1)
        for executor in self.executors:
            executor.shutdown()

    def _step(self, row: Reconciled, backend: Backend) -> None:
        heartbeat.start_renewing([row])
        self._finished.put(target_of(row).apply(row, backend))

    def _take_finished(self) -> list[Outcome]:
        """Return the outcomes that are there, without waiting."""
        outcomes = []
        try:
            while True:
                outcomes.append(self._finished.get_nowait())
        except queue.Empty:
            return outcomes

    def _persist(self, outcomes: Sequence[Outcome]) -> Persisted:
        try:
            persisted = persist(outcomes)
        except Exception:
            # The rows still have the work to do. Their leases expire, and then they are claimed again.
            log.exception("outcomes_not_persisted", extra={"outcomes": len(outcomes)})
            connection.close()
            return Persisted([], [], [])
        finally:
            heartbeat.stop_renewing(outcome.row for outcome in outcomes)
        for outcome in persisted.lost:
            self._clean_up(outcome.row)
        return persisted

    def _clean_up(self, row: Reconciled) -> None:
        # The threads of a loop query no database: there are more of them than connections.
        target = target_of(row)
        if target.is_unwanted(row):
            remove = partial(target.clean_up_after_lost_lease, row, storage())
            self.executors.bulk.submit(row.environment_id, remove)

    def _settle(self, outcomes: Sequence[Outcome], on_settled: Callable[[Volume], None]) -> None:
        """Persist outcomes of a batch, and take the next steps later."""
        persisted = self._persist(outcomes)
        ready = {outcome.row.pk: outcome.ready_volume() for outcome in persisted.ready}
        for outcome in outcomes:
            on_settled(ready.get(outcome.row.pk, outcome.row))
        for row in persisted.follow_up:
            work = partial(reconcile_row, target_of(row).eligible_like(row), row.pk)
            self._submit_later(row, work, time.monotonic() + limits.INLINE_WAIT)

    def _release(
        self, rows: Sequence[Volume], deadline: float, on_settled: Callable[[Volume], None]
    ) -> None:
        """Release the rows: the loop or the next free thread of this process claims them."""

        def settle(row: Volume) -> None:
            reconcile_row(target_of(row).eligible_like(row), row.pk)
            on_settled(row)

        if rows:
            Volume.objects.release({row.pk: row.lease_owner for row in rows if row.lease_owner})
        for row in rows:
            self._submit_later(row, partial(settle, row), deadline)

    def _submit_later(self, row: Reconciled, work: Work, deadline: float) -> None:
        self.executors.quick.submit(row.environment_id, work, deadline=deadline)


def _next(waiting: deque[Volume]) -> Volume | None:
    """Take the next row; several threads do."""
    try:
        return waiting.popleft()
    except IndexError:
        return None
