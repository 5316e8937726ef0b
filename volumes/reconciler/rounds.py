"""The same work with each of many volumes. One tenant's volumes do not delay those of others."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from queue import Empty, SimpleQueue
from threading import Event

from config.pagination import iterate_in_batches
from volumes.backends import StorageUnavailable
from volumes.models import Volume
from volumes.models.volume import VolumeQuerySet
from volumes.reconciler.executors import rounds_executor
from volumes.reconciler.passes import Pass

BATCH_SIZE = 100
"""Volumes of one environment that are read at once."""

ASK_EVERY = 10.0
"""Seconds between questions whether the next round is due."""

Remaining = tuple[uuid.UUID, Iterator[Volume]]
"""An environment, and those of its volumes that have not had their turn."""


class Rounds:
    """Does `work` with each of the volumes, and reports by name those that cannot be looked at.

    Environments take turns, each with one volume at a time: what takes hours keeps one thread. When the
    next round is due meanwhile, it begins for all environments that are through.
    """

    def __init__(
        self,
        volumes: VolumeQuerySet,
        work: Callable[[Volume], object],
        *,
        stop: Event | None = None,
        is_due: Callable[[], bool] = bool,
        on_done: Callable[[], object] = int,
    ) -> None:
        self.done = 0
        self.looking = Pass()
        self._volumes = volumes
        self._work = work
        self._stop = stop or Event()
        self._is_due = is_due
        self._on_done = on_done
        self._asked = time.monotonic()
        self._unavailable: StorageUnavailable | None = None
        self._executor = rounds_executor()
        self._ended: SimpleQueue[tuple[Remaining, bool]] = SimpleQueue()
        self._turns: deque[Remaining] = deque()
        self._under_way: set[uuid.UUID] = set()

    def run(self) -> None:
        """Work until all is done, or `stop` is set; then end after what is under way.

        Raises StorageUnavailable.
        """
        self._begin_round()
        while self._under_way:
            with suppress(Empty):
                self._take_note(*self._ended.get(timeout=ASK_EVERY))
            if self._is_next_round_due():
                self._begin_round()
            self._begin()
        self._executor.shutdown()
        if self._unavailable:
            raise self._unavailable

    def _is_next_round_due(self) -> bool:
        if time.monotonic() - self._asked < ASK_EVERY:
            return False
        self._asked = time.monotonic()
        return self._is_due()

    def _begin_round(self) -> None:
        """Give a turn to each environment that is not in the middle of an earlier round."""
        self._unavailable = None
        begun = {environment_id for environment_id, _ in self._turns} | self._under_way
        environments = self._volumes.order_by("environment_id").values_list(
            "environment_id", flat=True
        )
        self._turns.extend((pk, self._in(pk)) for pk in environments.distinct() if pk not in begun)
        self._begin()

    def _begin(self) -> None:
        while self._turns and self._may_begin():
            remaining = self._turns.popleft()
            environment_id, volumes = remaining
            if volume := next(volumes, None):
                self._under_way.add(environment_id)
                self._executor.submit(environment_id, partial(self._try, remaining, volume))

    def _may_begin(self) -> bool:
        is_over = self._stop.is_set() or self._unavailable is not None
        return not is_over and len(self._under_way) < self._executor.size

    def _try(self, remaining: Remaining, volume: Volume) -> None:
        is_done = False
        try:
            with self.looking.over(f"{volume.ref} {volume.name}"):
                self._work(volume)
                is_done = True
        except StorageUnavailable as error:
            self._unavailable = error
        finally:
            self._ended.put((remaining, is_done))

    def _take_note(self, remaining: Remaining, is_done: bool) -> None:
        self._under_way.remove(remaining[0])
        self._turns.append(remaining)
        self.done += is_done
        self._on_done()

    def _in(self, environment_id: uuid.UUID) -> Iterator[Volume]:
        volumes = self._volumes.filter(environment=environment_id)
        return chain.from_iterable(iterate_in_batches(volumes, BATCH_SIZE))
