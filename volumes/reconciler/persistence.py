"""Recording what steps saw: each write is fenced by the lease that its step holds."""

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
"""An outcome whose lease still stands, with its row as people have left it meanwhile, locked."""


def persist(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Write them down, many in a transaction.

    Returns those whose lease is somebody else's by now: of them nothing was written.
    """
    lost: list[Outcome] = []
    unlike_wanted = persist_unchanged(outcomes)
    record_outage(unlike_wanted)
    for alike in _grouped(unlike_wanted, _lock_scope).values():
        # A row that somebody has locked is waited for alone, with no other one in hand: whoever holds
        # several and waits can end up waiting in a circle.
        left = _record(alike, skip_locked=True)
        lost += [one for outcome in left for one in _record([outcome], skip_locked=False)]
        _recorded()
    return lost


def persist_unchanged(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Write down of which volumes it is known that they are as wanted, as nobody changed them since.

    In one statement. Their rows, which somebody may be waiting for, say so as well. Returns the others.
    """
    outcomes = list(outcomes)
    held = {outcome.row.pk: outcome.row for outcome in outcomes if isinstance(outcome, VolumeReady)}
    if not held:
        return outcomes
    done = {pk for (pk,) in _MARK_READY.rows(pks=list(held), rows=held.values())}
    for pk in done:
        held[pk].provisioned_size = held[pk].size
        held[pk].status, held[pk].due_at = VolumeStatus.READY, None
    if done:
        _recorded()
    return [outcome for outcome in outcomes if outcome.row.pk not in done]


def _recorded() -> None:
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
    """What is written in one transaction; freed room of one environment at a time."""
    if isinstance(outcome, VolumeRemoved):
        return VolumeRemoved, outcome.row.environment_id
    return (type(outcome.row),)


@transaction.atomic
def _record(outcomes: list[Outcome], *, skip_locked: bool) -> list[Outcome]:
    if isinstance(outcomes[0], VolumeRemoved):
        # Before the volumes' rows: locks are taken in one order everywhere.
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
    """One statement for all that need the same; their rows are locked, so it finds each of them."""
    jitter = random.uniform(0.5, 1)
    pairs = [(outcome.row, outcome.values(now, jitter)) for outcome, now in fenced]
    for values, alike in _grouped(pairs, lambda pair: tuple(pair[1].items())).items():
        rows: list[LeasedRow] = [row for row, _ in alike]
        _writing(type(rows[0]), values).count(pks=[row.pk for row in rows])
        for row in rows:
            row.due_at = dict(values).get("due_at", row.due_at)


@lru_cache(maxsize=16)
def _writing(model: type[Model], values: tuple[tuple[str, Any], ...]) -> PreparedUpdate:
    return PreparedUpdate(lambda: (model._default_manager.filter(any_of("pk")), dict(values)))


def _free_room(fenced: list[Fenced]) -> None:
    """Volumes of one environment are gone, and all that hung on them."""
    hung = _HUNG_ON_THEM.rows(pks=[now.pk for _, now in fenced])
    Snapshot.objects.filter(pk__in=[pk for (pk,) in hung]).delete()
    _update(fenced)
    add_usage(fenced[0][0].row.environment, -sum(now.size for _, now in fenced))


_HUNG_ON_THEM = PreparedQuery(lambda: Snapshot.objects.filter(any_of("volume")).values_list("id"))


def _remove(fenced: list[Fenced]) -> None:
    Snapshot.objects.filter(pk__in=[now.pk for _, now in fenced]).delete()


_WRITERS: dict[type[Outcome], Callable[[list[Fenced]], None]] = {
    VolumeRemoved: _free_room,
    SnapshotRemoved: _remove,
}
"""What is more than new values in a row."""


def _grouped(items: Iterable[Item], key: Callable[[Item], Any]) -> dict[Any, list[Item]]:
    groups: dict[Any, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups
