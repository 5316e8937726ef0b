"""Persist the outcomes of steps. Each write is fenced by the lease of its step."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model

from config.db.claims import ClaimStatement
from config.db.statements import PreparedQuery, PreparedUpdate, any_of
from config.faultpoints import faultpoint
from volumes.models import Snapshot, Volume, VolumeStatus
from volumes.queries.quota import add_usage, lock_quotas
from volumes.reconciler.availability import record_outage
from volumes.reconciler.fencing import StillClaimed
from volumes.reconciler.heartbeat import LeasedRow
from volumes.reconciler.outcomes import Outcome, SnapshotRemoved, VolumeReady, VolumeRemoved

Item = TypeVar("Item")

Fenced = tuple[Outcome, Any]
"""An outcome with a valid lease, and its row as it is now, locked."""


def persist(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Write the outcomes, many in a transaction.

    Returns the outcomes whose lease was lost: nothing was written for them.
    """
    lost: list[Outcome] = []
    remaining = persist_unchanged(outcomes)
    record_outage(remaining)
    for group in _grouped(remaining, _lock_scope).values():
        # Wait for a locked row without holding locks of others: otherwise a deadlock is possible.
        locked = _persist_group(group, skip_locked=True)
        lost += [one for outcome in locked for one in _persist_group([outcome], skip_locked=False)]
        _pass_fault_point()
    return lost


def persist_unchanged(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Mark READY, in one statement, the volumes that did not change since their claim.

    Updates their row objects too, because requests may wait for these. Returns the other outcomes.
    """
    outcomes = list(outcomes)
    ready = {
        outcome.row.pk: outcome.row for outcome in outcomes if isinstance(outcome, VolumeReady)
    }
    if not ready:
        return outcomes
    done = {pk for (pk,) in _MARK_READY.rows(pks=list(ready), rows=ready.values())}
    for pk in done:
        ready[pk].provisioned_size = ready[pk].size
        ready[pk].status, ready[pk].due_at = VolumeStatus.READY, None
    if done:
        _pass_fault_point()
    return [outcome for outcome in outcomes if outcome.row.pk not in done]


def _pass_fault_point() -> None:
    faultpoint("step:recorded")


_MARK_READY = ClaimStatement(
    lambda: Volume.objects.filter(
        any_of("pk"),
        StillClaimed("rows"),
        is_deleted=False,
    ).values_list("id"),
    lambda: VolumeReady(one := Volume(size=1)).values(one, jitter=1),
)


def _lock_scope(outcome: Outcome) -> tuple[Any, ...]:
    """Return the key of a transaction. Removals return quota to one environment at a time."""
    if isinstance(outcome, VolumeRemoved):
        return VolumeRemoved, outcome.row.environment_id
    return (type(outcome.row),)


@transaction.atomic
def _persist_group(outcomes: list[Outcome], *, skip_locked: bool) -> list[Outcome]:
    if isinstance(outcomes[0], VolumeRemoved):
        # Lock quotas before volumes: locks have one order everywhere.
        environment = lock_quotas(outcomes[0].row.environment_id)
        for outcome in outcomes:
            outcome.row.environment = environment
    rows = type(outcomes[0].row)._default_manager
    found = rows.lock_current([outcome.row.pk for outcome in outcomes], skip_locked=skip_locked)
    pairs = [(outcome, found.get(outcome.row.pk)) for outcome in outcomes]
    ours = [pair for pair in pairs if pair[1] and pair[1].lease_owner == pair[0].row.lease_owner]
    for kind, fenced in _grouped(ours, lambda pair: type(pair[0])).items():
        _WRITERS.get(kind, _update)(fenced)
    written = {id(outcome) for outcome, _ in ours}
    return [outcome for outcome in outcomes if id(outcome) not in written]


def _update(fenced: list[Fenced]) -> None:
    """Write equal values in one statement. The rows are locked, so it finds each of them."""
    jitter = random.uniform(0.5, 1)
    pairs = [(outcome.row, outcome.values(current, jitter)) for outcome, current in fenced]
    for values, group in _grouped(pairs, lambda pair: tuple(pair[1].items())).items():
        rows: list[LeasedRow] = [row for row, _ in group]
        _update_query(type(rows[0]), values).count(pks=[row.pk for row in rows])
        for row in rows:
            row.due_at = dict(values).get("due_at", row.due_at)


@lru_cache(maxsize=16)
def _update_query(model: type[Model], values: tuple[tuple[str, Any], ...]) -> PreparedUpdate:
    return PreparedUpdate(lambda: (model._default_manager.filter(any_of("pk")), dict(values)))


def _write_removal(fenced: list[Fenced]) -> None:
    """Write the removal of volumes of one environment: delete their snapshots, return their quota."""
    snapshots = _SNAPSHOTS_OF.rows(pks=[current.pk for _, current in fenced])
    Snapshot.objects.filter(pk__in=[pk for (pk,) in snapshots]).delete()
    _update(fenced)
    add_usage(fenced[0][0].row.environment, -sum(current.size for _, current in fenced))


_SNAPSHOTS_OF = PreparedQuery(lambda: Snapshot.objects.filter(any_of("volume")).values_list("id"))


def _remove(fenced: list[Fenced]) -> None:
    Snapshot.objects.filter(pk__in=[current.pk for _, current in fenced]).delete()


_WRITERS: dict[type[Outcome], Callable[[list[Fenced]], None]] = {
    VolumeRemoved: _write_removal,
    SnapshotRemoved: _remove,
}
"""Outcomes that write more than new values of a row."""


def _grouped(items: Iterable[Item], key: Callable[[Item], Any]) -> dict[Any, list[Item]]:
    groups: dict[Any, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups
