"""Repeat the same work for each of many volumes, so that no tenant delays another."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event

from config.pagination import iterate_in_batches
from volumes.backends import StorageUnavailable
from volumes.models import Volume
from volumes.models.volume import VolumeQuerySet
from volumes.reconciler.executors import rounds_executor
from volumes.reconciler.passes import FailureCollector

BATCH_SIZE = 100
"""Volumes of one environment that are read at once."""

DUE_CHECK_INTERVAL = 10.0
"""Seconds between two checks whether the next round is due."""

Work = Callable[[], object]

Remaining = tuple[uuid.UUID, Iterator[tuple[Volume, Work]]]
"""An environment and its volumes that are still to be processed, with the work for each."""


def for_each(work: Callable[[Volume], object]) -> Callable[[list[Volume]], Iterable[Work]]:
    """Return a plan that calls `work` with each volume of a batch."""
    return lambda volumes: [partial(work, volume) for volume in volumes]


class Rounds:
    """Does the work for each volume, and collects errors by name.

    `plan` returns the work for each volume of a batch, in their order. A batch is of one environment.

    It serves environments round robin, one volume of each at a time, so work that takes hours occupies
    one thread. When the next round becomes due, it begins for all environments that are finished.
    """

    def __init__(
        self,
        volumes: VolumeQuerySet,
        plan: Callable[[list[Volume]], Iterable[Work]],
        *,
        stop: Event | None = None,
        is_due: Callable[[], bool] = bool,
        on_done: Callable[[], object] = int,
    ) -> None:
        self.done = 0
        self.collector = FailureCollector()
        self._volumes = volumes
        self._plan = plan
        self._stop = stop or Event()
        self._is_due = is_due
        self._on_done = on_done
        self._last_due_check = time.monotonic()
        self._unavailable: StorageUnavailable | None = None
        self._executor = rounds_executor()
        self._finished: SimpleQueue[tuple[Remaining, bool]] = SimpleQueue()
        self._queue: deque[Remaining] = deque()
        self._running: set[uuid.UUID] = set()

    def run(self) -> None:
        """Work until all is done or `stop` is set, then finish running work.

        Raises StorageUnavailable.
        """
        self._begin_round()
        while self._running:
            with suppress(Empty):
                self._finish(*self._finished.get(timeout=DUE_CHECK_INTERVAL))
            if self._is_next_round_due():
                self._begin_round()
            self._begin()
        self._executor.shutdown()
        if self._unavailable:
            raise self._unavailable

    def _is_next_round_due(self) -> bool:
        if time.monotonic() - self._last_due_check < DUE_CHECK_INTERVAL:
            return False
        self._last_due_check = time.monotonic()
        return self._is_due()

    def _begin_round(self) -> None:
        """Queue each environment that is not in the middle of an earlier round."""
        self._unavailable = None
        begun = {environment_id for environment_id, _ in self._queue} | self._running
        environments = self._volumes.order_by("environment_id").values_list(
            "environment_id", flat=True
        )
        self._queue.extend((pk, self._in(pk)) for pk in environments.distinct() if pk not in begun)
        self._begin()

    def _begin(self) -> None:
        while self._queue and self._may_begin():
            remaining = self._queue.popleft()
            environment_id, planned = remaining
            if one := next(planned, None):
                self._running.add(environment_id)
                self._executor.submit(environment_id, partial(self._try, remaining, *one))

    def _may_begin(self) -> bool:
        is_over = self._stop.is_set() or self._unavailable is not None
        return not is_over and len(self._running) < self._executor.size

    def _try(self, remaining: Remaining, volume: Volume, work: Work) -> None:
        is_done = False
        try:
            with self.collector.collecting(f"{volume.ref} {volume.name}"):
                work()
                is_done = True
        except StorageUnavailable as error:
            self._unavailable = error
        finally:
            self._finished.put((remaining, is_done))

    def _finish(self, remaining: Remaining, is_done: bool) -> None:
        self._running.remove(remaining[0])
        self._queue.append(remaining)
        self.done += is_done
        self._on_done()

    def _in(self, environment_id: uuid.UUID) -> Iterator[tuple[Volume, Work]]:
        volumes = self._volumes.filter(environment=environment_id)
        for batch in iterate_in_batches(volumes, BATCH_SIZE):
            yield from zip(batch, self._plan(batch), strict=True)
