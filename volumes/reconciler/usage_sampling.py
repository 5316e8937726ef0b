"""A usage sample of every volume. One tenant's huge trees do not delay the samples of others."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue
from threading import Event

from volumes.backends import StorageUnavailable
from volumes.models import Environment, Volume
from volumes.reconciler.executors import sampling_executor
from volumes.reconciler.passes import Pass
from volumes.reconciler.usage_samples import measure

PAGE = 100
"""Volumes of one environment that are read at once."""

Remaining = tuple[uuid.UUID, Iterator[Volume]]
"""An environment, and those of its volumes that have not been measured."""


class UsageSampling:
    """One pass over all volumes with data.

    Environments take turns, each with one volume at a time: what takes hours keeps one thread.
    """

    def __init__(self, stop: Event, on_sampled: Callable[[], object]) -> None:
        self.measured = 0
        self.measuring = Pass()
        self._stop = stop
        self._unavailable: StorageUnavailable | None = None
        self._on_sampled = on_sampled
        self._executor = sampling_executor()
        self._done: SimpleQueue[tuple[Remaining, bool]] = SimpleQueue()
        environments = Environment.objects.live().order_by("pk").values_list("pk", flat=True)
        self._turns: deque[Remaining] = deque((pk, _with_data(pk)) for pk in environments)
        self._under_way = 0

    def run(self) -> None:
        """Measure until all are, or `stop` is set; then end after those that are under way.

        Raises StorageUnavailable.
        """
        self._begin()
        while self._under_way:
            remaining, is_measured = self._done.get()
            self._under_way -= 1
            self.measured += is_measured
            self._on_sampled()
            self._turns.append(remaining)
            self._begin()
        self._executor.shutdown()
        if self._unavailable:
            raise self._unavailable

    def _begin(self) -> None:
        while self._turns and self._may_begin():
            remaining = self._turns.popleft()
            environment_id, volumes = remaining
            if volume := next(volumes, None):
                self._under_way += 1
                self._executor.submit(environment_id, partial(self._sample, remaining, volume))

    def _may_begin(self) -> bool:
        is_over = self._stop.is_set() or self._unavailable is not None
        return not is_over and self._under_way < self._executor.size

    def _sample(self, remaining: Remaining, volume: Volume) -> None:
        is_measured = False
        try:
            with self.measuring.over(f"{volume.ref} {volume.name}"):
                measure(volume)
                is_measured = True
        except StorageUnavailable as error:
            self._unavailable = error
        finally:
            self._done.put((remaining, is_measured))


def sample_all(stop: Event, on_sampled: Callable[[], object] = int) -> tuple[int, list[str]]:
    """One sample of each volume with data.

    Returns how many there were, and what could not be measured and why. Raises StorageUnavailable.
    """
    sampling = UsageSampling(stop, on_sampled)
    sampling.run()
    return sampling.measured, sampling.measuring.unreadable


def _with_data(environment_id: uuid.UUID) -> Iterator[Volume]:
    volumes = Volume.objects.with_data().filter(environment=environment_id).order_by("id")
    page = list(volumes[:PAGE])
    while page:
        yield from page
        page = list(volumes.filter(pk__gt=page[-1].pk)[:PAGE])
