"""Steps with several new rows, whose outcomes are recorded together unless one of them takes long."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from volumes.models import Volume
from volumes.reconciler import leases
from volumes.reconciler.outcomes import Outcome
from volumes.reconciler.steps import bring_about, conclude, settle
from volumes.reconciler.threads import in_thread, pool
from volumes.storage import storage

THREADS = 4
"""That share the rows: some wait for the disk while another one works."""


class Batch:
    """Claimed volumes. `settled` is called with each whose step is over, whatever came of it."""

    def __init__(self, rows: Sequence[Volume], settled: Callable[[Volume], None]) -> None:
        self._settled = settled
        self._todo = deque(rows)
        self._left = len(rows)
        self._seen: list[Outcome] = []
        self._is_late = False
        self._lock = threading.Lock()
        self._all_seen = threading.Event()

    def run(self, patience: float) -> None:
        """Take all the steps, and record what comes of them within so many seconds.

        What hangs must not keep the others any longer: it goes on behind, and is recorded by itself.
        """
        leases.hold(self._todo)
        self._begin(min(len(self._todo), THREADS))
        self._all_seen.wait(patience)
        with self._lock:
            self._is_late = True
            seen, todo = self._seen, len(self._todo)
        self._begin(todo)
        self._conclude(seen)

    def _begin(self, threads: int) -> None:
        for _ in range(threads):
            pool.submit(in_thread, self._work)

    def _work(self) -> None:
        while (row := self._next()) is not None:
            outcome = bring_about(row, storage())
            if not self._kept(outcome):
                self._conclude([outcome])

    def _next(self) -> Volume | None:
        with self._lock:
            return self._todo.popleft() if self._todo else None

    def _kept(self, outcome: Outcome) -> bool:
        """Keep it, to be recorded with the others. False once it is too late for that."""
        with self._lock:
            if self._is_late:
                return False
            self._seen.append(outcome)
            self._left -= 1
            if not self._left:
                self._all_seen.set()
            return True

    def _conclude(self, outcomes: Sequence[Outcome]) -> None:
        try:
            for row in conclude(outcomes):
                pool.submit(in_thread, partial(settle, Volume.objects.ripe(), row.pk))
        finally:
            leases.let_go(outcome.row for outcome in outcomes)
            for outcome in outcomes:
                self._settled(outcome.row)
