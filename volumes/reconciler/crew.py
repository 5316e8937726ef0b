"""Steps with many rows at once: threads call the backend, their master alone asks the database."""

from __future__ import annotations

import logging
import queue
import time
import uuid
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import connection

from volumes.backends import Backend
from volumes.querysets import SnapshotQuerySet, VolumeQuerySet
from volumes.reconciler import leases
from volumes.reconciler.leases import Claimed
from volumes.reconciler.outcomes import Outcome
from volumes.reconciler.records import record
from volumes.reconciler.rota import Place
from volumes.reconciler.steps import bring_about, clean_up_after_losing
from volumes.reconciler.threads import in_thread
from volumes.storage import storage

log = logging.getLogger("holdfast.reconciler")

AT_ONCE = 96
"""Rows worked on together: one long copy must not hold up everybody else.

Mostly they wait for the disk, or for their master, who serves the more at once the more there are.
"""
OF_ONE = 64
"""How many of them may be one environment's: nor must many long copies of one tenant."""
GATHERING = 0.005
"""Seconds that others have to finish as well once a step has: a batch costs little more than a row."""


class Crew:
    """Rows come and go in batches: a claim or a record costs little more for many than for one.

    A row is claimed when there is a thread for it, so that no lease waits for a long copy.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="step")
        self._finished: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._claimed: Counter[uuid.UUID] = Counter()

    @property
    def room(self) -> int:
        """For how many more rows there is a thread."""
        return AT_ONCE - self._claimed.total() + self._finished.qsize()

    @property
    def is_busy(self) -> bool:
        return self._claimed.total() > 0

    def fitting(self, places: Iterable[Place]) -> list[uuid.UUID]:
        """Of one environment no more than there is room for: the others wait for its next turn."""
        claimed = self._claimed.copy()
        found = []
        for pk, environment in places:
            claimed[environment] += 1
            if claimed[environment] <= OF_ONE:
                found.append(pk)
        return found

    def start(self, rows: VolumeQuerySet | SnapshotQuerySet, pks: Iterable[uuid.UUID]) -> int:
        """Claim these of the rows and begin a step with each. Returns how many there were."""
        backend = storage()
        claimed = rows.claim(pks)
        leases.hold(claimed)
        for row in claimed:
            self._claimed[row.environment_id] += 1
            self._threads.submit(self._step, row, backend)
        return len(claimed)

    def _step(self, row: Claimed, backend: Backend) -> None:
        self._finished.put(bring_about(row, backend))

    def record(self, patience: float) -> list[Outcome]:
        """Wait for a step to finish, that many seconds at most, and record all that have."""
        outcomes = self._take(patience)
        try:
            lost = record(outcomes)
        except Exception:
            # Still written in the rows, whose leases run out now: the next sweep takes them up again.
            log.exception("what %d steps saw could not be recorded", len(outcomes))
            connection.close()
            lost = []
        finally:
            leases.let_go(outcome.row for outcome in outcomes)
        for outcome in lost:
            self._threads.submit(in_thread, partial(clean_up_after_losing, outcome.row))
        return outcomes

    def _take(self, patience: float) -> list[Outcome]:
        outcomes = []
        try:
            outcomes.append(self._finished.get(timeout=patience))
            time.sleep(GATHERING)
            while True:
                outcomes.append(self._finished.get_nowait())
        except queue.Empty:
            self._claimed -= Counter(outcome.row.environment_id for outcome in outcomes)
            return outcomes

    def finish(self) -> None:
        """End after the steps that are under way, and what they saw is recorded."""
        while self.is_busy:
            self.record(patience=1)
        self._threads.shutdown()
