"""The step that the changing request takes itself, right after its commit: one process is enough."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
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

from config.turns import aside
from volumes.backends.faultpoints import faultpoint
from volumes.models import Snapshot, Volume
from volumes.querysets import LEASE, SnapshotQuerySet, VolumeQuerySet
from volumes.reconciler.batch import Batch
from volumes.reconciler.chores import look_at_settled
from volumes.reconciler.steps import settle
from volumes.reconciler.threads import in_thread, pool

PATIENCE = 5.0
"""Seconds that an answer waits for its step; then the step goes on behind it."""
QUICK = 0.25
"""Seconds that most steps take less than: so long those wait for each other that began together."""
HEAD_START = timedelta(seconds=2)
_RIPE: dict[type[Volume | Snapshot], VolumeQuerySet | SnapshotQuerySet] = {
    Volume: Volume.objects.ripe(),
    Snapshot: Snapshot.objects.ripe(),
}
_NOW = Now()
_UNTIL_IT_EXPIRES = Now() + LEASE

_waits_until: ContextVar[float | None] = ContextVar("waits_until", default=None)


def soon() -> Expression:
    """When new work is due. The request that makes it has a head start before the sweep looks."""
    return Now() + HEAD_START if settings.RECONCILE_INLINE else Now()


def due_from_birth() -> dict[str, Any]:
    """When a new row is due: now. Where its step is taken inline, it is claimed as it is written."""
    if not settings.RECONCILE_INLINE:
        return {"due_at": _NOW}
    return {"due_at": _NOW, "lease_owner": uuid.uuid4(), "lease_until": _UNTIL_IT_EXPIRES}


def settle_soon(row: Volume | Snapshot, *, is_claimed: bool = False) -> None:
    """Settle the row right after the present transaction, unless the settings leave it to others."""
    claimed = row if is_claimed else None
    steps = partial(settle, _RIPE[type(row)], row.pk, claimed=claimed)
    _soon(lambda: after_commit(steps))


def settle_together(rows: Batch) -> None:
    """The same for new volumes that were just written together, by whoever wrote them."""
    _soon(lambda: _take(lambda: rows.run(QUICK)))


def _soon(begin: Callable[[], object]) -> None:
    faultpoint("change:written")
    if settings.RECONCILE_INLINE:
        begin()


def reconcile_now(volume: Volume) -> None:
    """Take its next step whatever pause it has earned; where it is settled, look at its data."""

    def work() -> int:
        settled = Volume.objects.settled().filter(pk=volume.pk)
        return settle(Volume.objects.ripe(), volume.pk) or look_at_settled(settled)

    after_commit(work)


@contextmanager
def patience() -> Iterator[None]:
    """All that is done inside waits for its steps together no longer than one answer does for one."""
    mark = _waits_until.set(time.monotonic() + PATIENCE)
    try:
        yield
    finally:
        _waits_until.reset(mark)


def after_commit(work: Callable[[], object]) -> None:
    """Run in a thread of its own: a backend that hangs must not hold the answer for long."""

    def in_a_thread() -> None:
        step = pool.submit(in_thread, work)
        with aside():
            wait([step], timeout=_time_to_wait())

    transaction.on_commit(lambda: _take(in_a_thread))


def _take(steps: Callable[[], object]) -> None:
    faultpoint("change:committed")
    steps()
    faultpoint("change:settled")


def _time_to_wait() -> float:
    until = _waits_until.get()
    return PATIENCE if until is None else max(0.0, until - time.monotonic())
