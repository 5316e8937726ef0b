"""The step that the changing request takes itself, right after its commit: one process is enough."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Expression
from django.db.models.functions import Now

from volumes.models import Snapshot, Volume
from volumes.reconciler.steps import in_thread, settle

PATIENCE = 5.0
"""Seconds that an answer waits for its step; then the step goes on behind it."""
HEAD_START = timedelta(seconds=2)

pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="step")


def soon() -> Expression:
    """When new work is due. The request that makes it has a head start before the sweep looks."""
    return Now() + HEAD_START if settings.RECONCILE_INLINE else Now()


def settle_soon(row: Volume | Snapshot) -> None:
    """Settle the row right after the present transaction, unless the settings leave it to others."""
    if settings.RECONCILE_INLINE:
        rows, pk = type(row)._default_manager.ripe(), row.pk
        after_commit(lambda: settle(rows, pk))


def after_commit(work: Callable[[], int]) -> None:
    """Run in a thread of its own: a backend that hangs must not hold the answer for long."""
    transaction.on_commit(lambda: wait([pool.submit(in_thread, work)], timeout=PATIENCE))
