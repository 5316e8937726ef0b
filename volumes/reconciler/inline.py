"""Inline steps: a request runs the step of its change right after commit, so one process is enough."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Expression
from django.db.models.functions import Now

from config import limits
from config.concurrency import slot_released
from config.faultpoints import faultpoint
from volumes.models import Volume
from volumes.models.base import Reconciled
from volumes.reconciler.executors import inline_executors, is_immediate
from volumes.reconciler.periodic import check_settled
from volumes.reconciler.step_runner import StepRunner
from volumes.reconciler.steps import reconcile_row
from volumes.reconciler.targets import target_of

_NOW = Now()
_LEASE_END = Now() + limits.LEASE

_deadline: ContextVar[float | None] = ContextVar("waits_until", default=None)


def due_soon() -> Expression:
    """Return when new work is due for the loop: the request that makes it has a head start."""
    return Now() + limits.INLINE_HEAD_START if settings.RECONCILE_INLINE else _NOW


def initial_lease() -> dict[str, Any]:
    """Return the due time and lease of a new volume for `reconcile_batch`.

    It is due now. If this process runs inline steps, the insert leases it, which saves the claim.
    """
    if not settings.RECONCILE_INLINE:
        return {"due_at": _NOW}
    return {"due_at": _NOW, "lease_owner": uuid.uuid4(), "lease_until": _LEASE_END}


def reconcile_after_commit(row: Reconciled) -> None:
    """Reconcile the row after the present transaction, unless RECONCILE_INLINE is off."""
    steps = partial(reconcile_row, target_of(row).eligible_like(row), row.pk)
    _begin_inline(lambda: run_after_commit(row, steps))


def reconcile_batch(rows: Sequence[Volume], on_settled: Callable[[Volume], None]) -> None:
    """Reconcile new volumes that were just written together, each with its own lease."""
    runner = StepRunner(inline_executors())
    _begin_inline(lambda: _run_steps(lambda: runner.run(rows, limits.BATCH_TIMEOUT, on_settled)))


def _begin_inline(begin: Callable[[], object]) -> None:
    faultpoint("change:written")
    if settings.RECONCILE_INLINE:
        begin()


def reconcile_now(volume: Volume) -> None:
    """Run the volume's next step without regard to its backoff. If it is settled, check its data."""

    def work() -> None:
        if not reconcile_row(target_of(volume).eligible_like(volume), volume.pk):
            check_settled(Volume.objects.settled().filter(pk=volume.pk))

    run_after_commit(volume, work)


@contextmanager
def deadline() -> Iterator[None]:
    """Limit the waits for all steps of the block together to INLINE_WAIT seconds."""
    token = _deadline.set(time.monotonic() + limits.INLINE_WAIT)
    try:
        yield
    finally:
        _deadline.reset(token)


def run_after_commit(row: Reconciled, work: Callable[[], object]) -> None:
    """Run `work` in a thread after commit: a backend that hangs must not delay the response for long.

    If the environment has no free thread, the work waits without a lease until the response is due.
    Then the loop does it.
    """

    def run_in_executor() -> None:
        ends_at = _response_deadline()
        executor = inline_executors().select(is_bulk=target_of(row).is_bulk(row))
        step = executor.submit(row.environment_id, work, deadline=ends_at)
        with slot_released():
            wait([step], timeout=max(0.0, ends_at - time.monotonic()))

    begin = partial(_run_steps, run_in_executor)
    if is_immediate():
        begin()
    else:
        transaction.on_commit(begin)


def _run_steps(steps: Callable[[], object]) -> None:
    faultpoint("change:committed")
    steps()
    faultpoint("change:settled")


def _response_deadline() -> float:
    ends_at = _deadline.get()
    return time.monotonic() + limits.INLINE_WAIT if ends_at is None else ends_at
