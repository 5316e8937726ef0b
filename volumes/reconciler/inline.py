"""The step that the changing request takes itself, right after its commit: one process is enough."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Expression
from django.db.models.functions import Now

from config.concurrency import slot_released
from config.faultpoints import faultpoint
from volumes.models import Snapshot, Volume
from volumes.models.querysets import LEASE
from volumes.reconciler.batch import INLINE_WAIT
from volumes.reconciler.executors import inline_executors, is_immediate
from volumes.reconciler.periodic import check_settled
from volumes.reconciler.step_runner import StepRunner
from volumes.reconciler.steps import reconcile_row
from volumes.reconciler.targets import eligible, is_bulk

BATCH_TIMEOUT = 0.25
"""Seconds that most steps take less than: new volumes wait that long for those written with them."""
HEAD_START = timedelta(seconds=2)
_NOW = Now()
_UNTIL_IT_EXPIRES = Now() + LEASE

_deadline: ContextVar[float | None] = ContextVar("waits_until", default=None)


def due_soon() -> Expression:
    """When new work is due. The request that makes it has a head start before the loop looks."""
    return Now() + HEAD_START if settings.RECONCILE_INLINE else _NOW


def initial_lease() -> dict[str, Any]:
    """When a new volume is due whose step `reconcile_batch` takes right after it is written: now.

    Where that happens in this process the volume is leased as it is written, which saves its claim.
    """
    if not settings.RECONCILE_INLINE:
        return {"due_at": _NOW}
    return {"due_at": _NOW, "lease_owner": uuid.uuid4(), "lease_until": _UNTIL_IT_EXPIRES}


def reconcile_after_commit(row: Volume | Snapshot) -> None:
    """Settle the row right after the present transaction, unless the settings leave it to others."""
    steps = partial(reconcile_row, eligible(row), row.pk)
    _soon(lambda: run_after_commit(row, steps))


def reconcile_batch(rows: Sequence[Volume], on_settled: Callable[[Volume], None]) -> None:
    """The same for new volumes that were just written together, with leases of their own."""
    runner = StepRunner(inline_executors())
    _soon(lambda: _take(lambda: runner.run(rows, BATCH_TIMEOUT, on_settled)))


def _soon(begin: Callable[[], object]) -> None:
    faultpoint("change:written")
    if settings.RECONCILE_INLINE:
        begin()


def reconcile_now(volume: Volume) -> None:
    """Take its next step whatever pause it has earned; where it is settled, look at its data."""

    def work() -> None:
        if not reconcile_row(eligible(volume), volume.pk):
            check_settled(Volume.objects.settled().filter(pk=volume.pk))

    run_after_commit(volume, work)


@contextmanager
def deadline() -> Iterator[None]:
    """All that is done inside waits for its steps together no longer than one answer does for one."""
    mark = _deadline.set(time.monotonic() + INLINE_WAIT)
    try:
        yield
    finally:
        _deadline.reset(mark)


def run_after_commit(row: Volume | Snapshot, work: Callable[[], object]) -> None:
    """Work on the row in a thread: a backend that hangs must not hold the response for long.

    Without a free thread for its environment it waits, holding no lease, until the response is due. Then
    it is left to the loop.
    """

    def in_a_thread() -> None:
        until = _time_to_answer()
        executor = inline_executors().of(is_bulk=is_bulk(row))
        step = executor.submit(row.environment_id, work, deadline=until)
        with slot_released():
            wait([step], timeout=max(0.0, until - time.monotonic()))

    begin = partial(_take, in_a_thread)
    if is_immediate():
        begin()
    else:
        transaction.on_commit(begin)


def _take(steps: Callable[[], object]) -> None:
    faultpoint("change:committed")
    steps()
    faultpoint("change:settled")


def _time_to_answer() -> float:
    until = _deadline.get()
    return time.monotonic() + INLINE_WAIT if until is None else until
