"""One step: claim a row, make the storage match it, persist the outcome."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db.models.functions import Now

from config import limits
from volumes.models import Volume, VolumeStatus
from volumes.models.base import Reconciled
from volumes.reconciler import heartbeat
from volumes.reconciler.outcomes import Outcome, messages
from volumes.reconciler.persistence import persist
from volumes.reconciler.presence import check_data
from volumes.reconciler.size_limits import check_limit
from volumes.reconciler.targets import Rows, target_of
from volumes.reconciler.targets.volume import missing
from volumes.storage import storage


def reconcile_row(rows: Rows, pk: uuid.UUID) -> int:
    """Run steps of one row until it is settled or has to wait. Return the number of steps.

    `rows` limits the claim: `due()`, or `eligible()` to ignore the backoff after a failure.
    """
    steps = 0
    row = _claim(rows, pk)
    while row:
        steps += 1
        row = _claim(rows, pk) if step(row) else None
    return steps


def _claim(rows: Rows, pk: uuid.UUID) -> Reconciled | None:
    return next(iter(rows.claim([pk])), None)


def step(row: Reconciled) -> bool:
    """Run a step of a claimed row. Return True if it succeeded and another step may follow."""
    with heartbeat.renewing(row):
        outcome = target_of(row).apply(row, storage())
    return bool(persist_and_follow_up([outcome]))


def persist_and_follow_up(outcomes: Sequence[Outcome]) -> list[Reconciled]:
    """Persist outcomes, and clean up after lost leases. Return the rows that need another step."""
    persisted = persist(outcomes)
    for outcome in persisted.lost:
        target = target_of(outcome.row)
        if target.is_unwanted(outcome.row):
            target.clean_up_after_lost_lease(outcome.row, storage())
    return persisted.follow_up


def check_row(volume: Volume) -> bool:
    """Return whether a settled volume's data is there. If it is missing, record that in the row.

    Raises BackendError if the storage cannot be read.
    """
    backend = storage()
    # Write only if the volume was not changed or deleted since it was read.
    unchanged = Volume.objects.settled().filter(pk=volume.pk, version=volume.version)
    state = check_data(volume, backend)
    if state is None:
        if volume.is_accepted:
            unchanged.update(is_accepted=False)
        found = check_limit(volume, backend)
        if found != volume.size_enforced:
            unchanged.update(size_enforced=found)
        return True
    outcome = missing(volume, state, backend)
    unchanged.update(
        status=VolumeStatus.ERROR,
        **messages(outcome.reason, outcome.detail),
        missing_since=outcome.since,
        is_accepted=False,
        due_at=Now() + timedelta(seconds=limits.MAX_BACKOFF),
    )
    return False
