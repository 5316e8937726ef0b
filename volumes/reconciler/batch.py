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
        self._rows = rows
        self._settled = settled
        self._todo = deque(rows)
        self._left = len(rows)
        self._at_work = 0
        self._seen: list[Outcome] = []
        self._is_late = False
        self._lock = threading.Lock()
        self._over = threading.Event()

    def run(self) -> None:
        """Take all the steps."""
        leases.hold(self._rows)
        for _ in range(min(len(self._rows), THREADS) - 1):
            pool.submit(in_thread, self._work)
        self._work()
        self._over.wait()

    def hurry(self) -> None:
        """If it is not over yet: what hangs must not keep the others any longer."""
        if self._over.is_set():
            return
        with self._lock:
            self._is_late = True
            threads, seen, self._seen = len(self._todo), self._seen, []
        pool.submit(in_thread, partial(self._conclude, seen))
        for _ in range(threads):
            pool.submit(in_thread, self._work)

    def _work(self) -> None:
        while (row := self._next()) is not None:
            self._conclude(self._with(bring_about(row, storage())))

    def _next(self) -> Volume | None:
        with self._lock:
            if not self._todo:
                return None
            self._at_work += 1
            return self._todo.popleft()

    def _with(self, outcome: Outcome) -> list[Outcome]:
        """What is to be recorded now that this was seen: nothing, while others may soon see more."""
        with self._lock:
            self._at_work -= 1
            self._seen.append(outcome)
            if (self._todo or self._at_work) and not self._is_late:
                return []
            seen, self._seen = self._seen, []
            return seen

    def _conclude(self, outcomes: Sequence[Outcome]) -> None:
        try:
            for row in conclude(outcomes):
                settle(Volume.objects.ripe(), row.pk)
        finally:
            leases.let_go(outcome.row for outcome in outcomes)
            for outcome in outcomes:
                self._settled(outcome.row)
            with self._lock:
                self._left -= len(outcomes)
                if not self._left:
                    self._over.set()
