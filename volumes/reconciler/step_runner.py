"""Run steps of many rows at once: threads call the backend, one thread persists the outcomes."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from django.db import connection

from volumes.backends import Backend
from volumes.models import Volume
from volumes.reconciler import heartbeat
from volumes.reconciler.batch import Batch
from volumes.reconciler.executors import Executor, Executors
from volumes.reconciler.fair_queue import QueuedRow
from volumes.reconciler.heartbeat import LeasedRow
from volumes.reconciler.outcomes import Outcome
from volumes.reconciler.persistence import persist
from volumes.reconciler.steps import apply, is_unwanted, remove_leftovers
from volumes.reconciler.targets import Rows, is_bulk
from volumes.storage import storage

log = logging.getLogger("holdfast.reconciler")

BATCH_WINDOW = 0.005
"""Seconds to wait for more outcomes after the first: persisting many costs little more than one."""


class StepRunner:
    """Runs steps in the threads of its executors.

    It claims a row only when a thread is free, so that no lease waits for a long copy.
    """

    def __init__(self, executors: Executors) -> None:
        self.executors = executors
        self._finished: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._begun = 0

    @property
    def is_busy(self) -> bool:
        """Return whether outcomes of steps are still to be collected."""
        return self._begun > 0

    def start(self, rows: Rows, queued: Iterable[QueuedRow]) -> int:
        """Claim these rows and start a step for each. Return the number of claimed rows."""
        backend = storage()
        claimed = rows.claim([pk for pk, _ in queued])
        for row in claimed:
            work = partial(self._step, row, backend)
            self._executor(row).submit(row.environment_id, work)
        self._begun += len(claimed)
        return len(claimed)

    def collect(self, timeout: float) -> list[Outcome]:
        """Wait up to `timeout` seconds for a step, and persist the outcomes of all that finished."""
        outcomes = self._take(timeout)
        try:
            lost = persist(outcomes)
        except Exception:
            # The rows still have the work to do. Their leases expire, and then they are claimed again.
            log.exception("outcomes_not_persisted", extra={"outcomes": len(outcomes)})
            connection.close()
            lost = []
        finally:
            heartbeat.stop_renewing(outcome.row for outcome in outcomes)
        for outcome in lost:
            self._clean_up(outcome.row)
        return outcomes

    def drain(self) -> None:
        """Persist the outcomes of running steps, and end."""
        while self.is_busy:
            self.collect(timeout=1)
        for executor in self.executors:
            executor.shutdown()

    def run(
        self, rows: Sequence[Volume], timeout: float, on_settled: Callable[[Volume], None]
    ) -> None:
        """Run a step for each of these new, leased volumes. Wait up to `timeout` seconds.

        `on_settled` is called with each volume when its step is over. A volume whose step has not begun
        at the timeout is released, and any process can claim it.
        """
        Batch(self.executors.quick, rows, on_settled).run(timeout)

    def _executor(self, row: LeasedRow) -> Executor:
        return self.executors.select(is_bulk=is_bulk(row))

    def _step(self, row: LeasedRow, backend: Backend) -> None:
        heartbeat.start_renewing([row])
        self._finished.put(apply(row, backend))

    def _take(self, timeout: float) -> list[Outcome]:
        outcomes = []
        try:
            outcomes.append(self._finished.get(timeout=timeout))
            time.sleep(BATCH_WINDOW)
            while True:
                outcomes.append(self._finished.get_nowait())
        except queue.Empty:
            self._begun -= len(outcomes)
            return outcomes

    def _clean_up(self, row: LeasedRow) -> None:
        # Only this thread queries the database: there are more steps than connections.
        if is_unwanted(row):
            remove = partial(remove_leftovers, row, storage())
            self.executors.bulk.submit(row.environment_id, remove)
