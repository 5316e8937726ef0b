"""Persist the outcomes of steps. Each write is fenced by the lease of its step."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.db import transaction
from django.db.models import Model

from config.db.claims import ClaimStatement
from config.db.statements import PreparedQuery, PreparedUpdate, any_of
from config.faultpoints import faultpoint
from volumes.models import Environment, Snapshot, Volume
from volumes.models.base import Reconciled
from volumes.queries.quota import add_usage, lock_quotas
from volumes.reconciler.availability import record_outage
from volumes.reconciler.fencing import StillClaimed
from volumes.reconciler.outcomes import Outcome, SnapshotRemoved, VolumeReady, VolumeRemoved

Item = TypeVar("Item")

Fenced = tuple[Outcome, Any]
"""An outcome with a valid lease, and its row as it is now, locked."""


class Persisted(NamedTuple):
    """What became of outcomes."""

    lost: list[Outcome]
    """Their lease was lost: nothing was written for them."""
    follow_up: list[Reconciled]
    """Rows whose step succeeded, and that need another one."""
    ready: list[VolumeReady]
    """Their volumes are ready and otherwise as they were claimed."""


def persist(outcomes: Iterable[Outcome]) -> Persisted:
    """Write the outcomes, many in a transaction."""
    lost: list[Outcome] = []
    follow_up: list[Reconciled] = []
    written, remaining = persist_unchanged(outcomes)
    record_outage(remaining)
    for group in _grouped(remaining, _lock_scope).values():
        # Wait for a locked row without holding locks of others: otherwise a deadlock is possible.
        locked, unsettled = _persist_group(group, skip_locked=True)
        follow_up += unsettled
        for outcome in locked:
            missing, unsettled = _persist_group([outcome], skip_locked=False)
            lost += missing
            follow_up += unsettled
        _pass_fault_point()
    return Persisted(lost, follow_up, written)


def persist_unchanged(outcomes: Iterable[Outcome]) -> tuple[list[VolumeReady], list[Outcome]]:
    """Mark READY the volumes that did not change since their claim, in one statement for each value of
    `size_enforced`.

    Returns the outcomes of these volumes, and the others.
    """
    outcomes = list(outcomes)
    ready = {outcome.row.pk: outcome for outcome in outcomes if isinstance(outcome, VolumeReady)}
    if not ready:
        return [], outcomes
    done = set()
    for is_enforced, statement in _MARK_READY.items():
        rows = [one.row for one in ready.values() if one.size_enforced is is_enforced]
        if rows:
            done |= {pk for (pk,) in statement.rows(pks=[row.pk for row in rows], rows=rows)}
    if done:
        _pass_fault_point()
    remaining = [outcome for outcome in outcomes if outcome.row.pk not in done]
    return [ready[pk] for pk in done], remaining


def _pass_fault_point() -> None:
    faultpoint("step:recorded")


def _mark_ready(size_enforced: bool) -> ClaimStatement:
    return ClaimStatement(
        lambda: Volume.objects.filter(
            any_of("pk"),
            StillClaimed("rows"),
            is_deleted=False,
        ).values_list("id"),
        lambda: VolumeReady(one := Volume(size=1), size_enforced).values(one, jitter=1),
    )


_MARK_READY = {size_enforced: _mark_ready(size_enforced) for size_enforced in (False, True)}


def _lock_scope(outcome: Outcome) -> tuple[Any, ...]:
    """Return the key of a transaction. Removals return quota to one environment at a time."""
    if isinstance(outcome, VolumeRemoved):
        return VolumeRemoved, outcome.row.environment_id
    return (type(outcome.row),)


@transaction.atomic
def _persist_group(
    outcomes: list[Outcome], *, skip_locked: bool
) -> tuple[list[Outcome], list[Reconciled]]:
    """Return the outcomes that were not written, and the rows that need another step."""
    # Lock quotas before volumes: locks have one order everywhere.
    is_removal = isinstance(outcomes[0], VolumeRemoved)
    environment = lock_quotas(outcomes[0].row.environment_id) if is_removal else None
    rows = type(outcomes[0].row)._default_manager
    found = rows.lock_current([outcome.row.pk for outcome in outcomes], skip_locked=skip_locked)
    pairs = [(outcome, found.get(outcome.row.pk)) for outcome in outcomes]
    ours = [pair for pair in pairs if pair[1] and pair[1].lease_owner == pair[0].row.lease_owner]
    follow_up: list[Reconciled] = []
    for kind, fenced in _grouped(ours, lambda pair: type(pair[0])).items():
        if environment is not None:
            _write_removals(fenced, environment)
        elif kind is SnapshotRemoved:
            Snapshot.objects.filter(pk__in=[current.pk for _, current in fenced]).delete()
        else:
            follow_up += _update(fenced)
    written = {id(outcome) for outcome, _ in ours}
    return [outcome for outcome in outcomes if id(outcome) not in written], follow_up


def _update(fenced: list[Fenced]) -> list[Reconciled]:
    """Write equal values in one statement. Return the rows that need another step.

    The rows are locked, so the statement finds each of them.
    """
    jitter = random.uniform(0.5, 1)
    pairs = [(pair, pair[0].values(pair[1], jitter)) for pair in fenced]
    follow_up = []
    for values, group in _grouped(pairs, lambda pair: tuple(pair[1].items())).items():
        written = [pair for pair, _ in group]
        model: type[Model] = type(written[0][0].row)
        _update_query(model, values).count(pks=[outcome.row.pk for outcome, _ in written])
        follow_up += [
            outcome.row
            for outcome, current in written
            if outcome.succeeded and dict(values).get("due_at", current.due_at) is not None
        ]
    return follow_up


@lru_cache(maxsize=16)
def _update_query(model: type[Model], values: tuple[tuple[str, Any], ...]) -> PreparedUpdate:
    return PreparedUpdate(lambda: (model._default_manager.filter(any_of("pk")), dict(values)))


def _write_removals(fenced: list[Fenced], environment: Environment) -> None:
    """Write the removal of volumes of one environment: delete their snapshots, return their quota."""
    if snapshots := _SNAPSHOTS_OF.rows(pks=[current.pk for _, current in fenced]):
        Snapshot.objects.filter(pk__in=[pk for (pk,) in snapshots]).delete()
    _update(fenced)
    add_usage(environment, -sum(current.size for _, current in fenced))


_SNAPSHOTS_OF = PreparedQuery(lambda: Snapshot.objects.filter(any_of("volume")).values_list("id"))


def _grouped(items: Iterable[Item], key: Callable[[Item], Any]) -> dict[Any, list[Item]]:
    groups: dict[Any, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups
