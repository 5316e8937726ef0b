"""Check that every unsettled row makes progress. All times are the database's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from volumes.models import Snapshot, SnapshotStatus, Volume, VolumeStatus
from volumes.models.snapshot import SnapshotQuerySet
from volumes.models.volume import VolumeQuerySet
from volumes.reconciler.targets import TARGETS, Rows
from volumes.verification.invariants import Invariant, Violation

WITHIN = timedelta(seconds=60)

STATED = Q(status="error") & ~Q(status_message="")
UNDER_WAY = Q(due_at__isnull=False) | Q(lease_until__isnull=False)
IN_GRACE = Q(is_deleted=True, grace_until__gt=Now())


def violations(settled: bool) -> Iterator[Violation]:
    for target in TARGETS:
        yield from _wrong(_stuck(target.rows), "nobody has taken it up for 60 s")
    yield from _wrong(_forgotten_volumes(), "nobody will ever look at it again")
    yield from _wrong(_forgotten_snapshots(), "nobody will ever look at it again")
    if settled:
        for rows in (Volume.objects.exclude(IN_GRACE), Snapshot.objects.all()):
            yield from _wrong(rows.filter(UNDER_WAY), "it is not settled")


def _stuck(rows: Rows) -> Rows:
    """Return rows that are overdue, although nothing prevents their step."""
    return rows.eligible().free().filter(due_at__lt=Now() - WITHIN).exclude(STATED)


def _forgotten_volumes() -> VolumeQuerySet:
    """Return volumes that differ from their requested state but are not due."""
    rests = [VolumeStatus.READY, VolumeStatus.DELETED]
    held = Q(provisioned_size=F("size"), missing_since__isnull=True)
    return Volume.objects.filter(due_at__isnull=True).filter(
        ~Q(status__in=rests) | Q(status=VolumeStatus.READY) & ~held
    )


def _forgotten_snapshots() -> SnapshotQuerySet:
    # Snapshots of a deleted volume are removed or restored with it.
    settled = Q(status=SnapshotStatus.READY, taken_at__isnull=False)
    missed = Q(taken_at__isnull=True, take_until__isnull=True) & STATED
    rows = Snapshot.objects.filter(due_at__isnull=True, volume__is_deleted=False)
    return rows.exclude(settled & Q(is_deleted=False)).exclude(missed & Q(is_deleted=False))


def _wrong(rows: Rows, what: str) -> Iterator[Violation]:
    for row in rows.iterator():
        reason = f" ({row.operator_message})" if row.operator_message else ""
        yield Violation(Invariant.PROGRESS, f"{row.ref} {row.name} is {row.status}{reason}: {what}")
