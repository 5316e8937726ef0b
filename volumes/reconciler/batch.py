"""Steps of rows that were written together. Their outcomes are recorded together unless one is slow."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from volumes.backends import Backend
from volumes.models import Volume
from volumes.reconciler import heartbeat
from volumes.reconciler.executors import Executor
from volumes.reconciler.heartbeat import LeasedRow
from volumes.reconciler.outcomes import Outcome
from volumes.reconciler.steps import apply, persist_and_follow_up, reconcile_row
from volumes.reconciler.targets import eligible
from volumes.storage import storage

INLINE_WAIT = 5.0
"""Seconds that a response waits for its step."""


class Batch:
    """New volumes of one environment, which were leased by their insert.

    `on_settled` is called with each volume when its step is over, whatever its outcome.
    """

    def __init__(
        self, executor: Executor, rows: Sequence[Volume], on_settled: Callable[[Volume], None]
    ) -> None:
        self._executor = executor
        self._environment_id = rows[0].environment_id
        self._waiting = deque(rows)
        self._on_settled = on_settled
        self._remaining = len(rows)
        self._outcomes: list[Outcome] = []
        self._is_late = False
        self._lock = threading.Lock()
        self._is_over = threading.Event()

    def run(self, timeout: float) -> None:
        """Run a step for each row, and record together the outcomes of the first `timeout` seconds.

        A step that hangs delays no other row: it goes on, and its outcome is recorded alone. A row whose
        step has not begun is released, so that any process can claim it.
        """
        begun = time.monotonic()
        work = partial(self._work, storage())
        for _ in range(min(self._remaining, self._executor.share)):
            self._submit(work, begun + timeout)
        self._is_over.wait(timeout)
        with self._lock:
            self._is_late = True
            waiting = list(self._waiting)
            self._waiting.clear()
        self._persist(self._outcomes)
        if waiting:
            self._release(waiting, begun + INLINE_WAIT)

    def _submit(self, work: Callable[[], object], deadline: float) -> None:
        self._executor.submit(self._environment_id, work, deadline=deadline)

    def _work(self, backend: Backend) -> None:
        while (row := self._next()) is not None:
            heartbeat.start_renewing([row])
            outcome = apply(row, backend)
            if not self._add_in_time(outcome):
                self._persist([outcome])

    def _next(self) -> Volume | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _add_in_time(self, outcome: Outcome) -> bool:
        """Add the outcome to those recorded together. Return False after the timeout."""
        with self._lock:
            if self._is_late:
                return False
            self._outcomes.append(outcome)
            self._remaining -= 1
            if not self._remaining:
                self._is_over.set()
            return True

    def _persist(self, outcomes: Sequence[Outcome]) -> None:
        try:
            for row in persist_and_follow_up(outcomes):
                self._settle_later(row)
        finally:
            heartbeat.stop_renewing(outcome.row for outcome in outcomes)
            for outcome in outcomes:
                self._on_settled(outcome.row)

    def _release(self, rows: Sequence[Volume], deadline: float) -> None:
        """Release the rows: the loop or the next free thread of this process claims them."""
        Volume.objects.release({row.pk: row.lease_owner for row in rows if row.lease_owner})
        for row in rows:
            self._submit(partial(self._settle_released, row), deadline)

    def _settle_released(self, row: Volume) -> None:
        reconcile_row(eligible(row), row.pk)
        self._on_settled(row)

    def _settle_later(self, row: LeasedRow) -> None:
        self._submit(partial(reconcile_row, eligible(row), row.pk), time.monotonic() + INLINE_WAIT)
