"""Remove old entries of the history, but keep what verification needs.

That is, for each volume with a row, the state that the removed entries led to (`HistoryBaseline`); for a
volume without a row, its delete, as long as earlier entries are there; and the entry that set the quota
in force of an environment or company.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from threading import Event
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import QUOTA_FIELDS, Company, Revision, Subject
from config import limits
from config.pacing import paced
from config.pagination import iterate_in_batches
from volumes.models import Environment, HistoryBaseline, Volume

OWNERS = {Subject.ENVIRONMENT: Environment.objects, Subject.COMPANY: Company.objects}
"""The rows that have a quota."""

Source = Callable[[], Iterable[list[uuid.UUID]]]
"""Yields the ids of the entries to remove, in batches, each time it is called."""


class Batch(NamedTuple):
    removed: Counter[str]
    """The number of removed entries of each subject."""
    postponed: int
    """Entries that can be removed only after entries of a later batch."""


def old_entries(before: datetime, *, until_recent: bool = False) -> Iterator[list[Revision]]:
    """Yield the entries from before that time, in batches, without those that stay for their quota.

    It reads every entry, because a clock that was wrong may have given any entry any time. With
    `until_recent`, it ends where a whole batch is recent.
    """
    scanned = Revision.objects.values_list("pk", "at", named=True)
    for window in iterate_in_batches(scanned, limits.RETENTION_BATCH_ROWS):
        old = [row.pk for row in window if row.at < before]
        if until_recent and not old:
            return
        batch = Revision.objects.filter(pk__in=old).order_by("pk")
        if removable := [entry for entry in batch if not _sets_quota_in_force(entry)]:
            yield removable


def prune_expired(older_than: timedelta, stop: Event) -> None:
    """Remove old entries, beginning with the oldest, until recent ones come."""
    before = timezone.now() - older_than

    def ids() -> Iterator[list[uuid.UUID]]:
        return ([entry.pk for entry in batch] for batch in old_entries(before, until_recent=True))

    prune(ids, stop=stop)


def prune(
    source: Source, *, stop: Event | None = None, on_removed: Callable[[int], object] = int
) -> Counter[str]:
    """Remove the entries of the source, each batch in a transaction. Return their number by subject."""
    total: Counter[str] = Counter()
    postponed = removed = 1
    # An entry whose clock was wrong may come before the one that it follows. Then the next pass has it.
    while postponed and removed and not (stop and stop.is_set()):
        postponed = removed = 0
        for ids in paced(source(), stop):
            batch = _remove(ids)
            total += batch.removed
            removed += batch.removed.total()
            postponed += batch.postponed
            on_removed(batch.removed.total())
    return total


def _remove(ids: list[uuid.UUID]) -> Batch:
    for attempt in range(1, limits.MAX_CLEANUP_ATTEMPTS + 1):
        try:
            return _remove_once(ids)
        except IntegrityError:  # another process has purged a volume of the batch
            if attempt == limits.MAX_CLEANUP_ATTEMPTS:
                raise
    raise AssertionError


@transaction.atomic
def _remove_once(ids: list[uuid.UUID]) -> Batch:
    HistoryBaseline.lock()
    entries = [
        entry
        for entry in Revision.objects.filter(pk__in=ids).order_by("pk")
        if not _sets_quota_in_force(entry)
    ]
    chains = [entry for entry in entries if _is_in_chain(entry)]
    postponed = _of_existing_volumes(chains) | _deletes_with_a_past(chains)
    removed = [entry for entry in entries if entry.pk not in postponed]
    Revision.objects.filter(pk__in=[entry.pk for entry in removed]).delete()
    return Batch(Counter(entry.subject for entry in removed), len(postponed))


def _is_in_chain(entry: Revision) -> bool:
    """Whether verification replays the entry."""
    return entry.subject == Subject.VOLUME and entry.version is not None


def _sets_quota_in_force(entry: Revision) -> bool:
    if QUOTA_FIELDS.get(entry.subject) not in entry.changes:
        return False
    subject = Subject(entry.subject)
    if not OWNERS[subject].filter(pk=entry.subject_id).exists():
        return False
    in_force = Revision.objects.quota_in_force(subject, entry.subject_id)
    return in_force is not None and in_force.pk == entry.pk


def _of_existing_volumes(chains: list[Revision]) -> set[uuid.UUID]:
    """Write the baselines of volumes that have a row. Return the entries that do not fit them yet."""
    subjects = {entry.subject_id for entry in chains}
    pks = list(Volume.objects.filter(pk__in=subjects).values_list("pk", flat=True))
    known = {str(pk) for pk in pks}
    found = HistoryBaseline.objects.in_bulk(pks)
    baselines = {str(pk): baseline for pk, baseline in found.items()}
    postponed = set()
    changed = {}
    for entry in sorted(chains, key=lambda entry: (entry.subject_id, entry.version)):
        if entry.subject_id not in known:
            continue
        baseline = baselines.setdefault(
            entry.subject_id, HistoryBaseline(volume_id=uuid.UUID(entry.subject_id))
        )
        if baseline.absorb(entry):
            changed[entry.subject_id] = baseline
        else:
            postponed.add(entry.pk)
    HistoryBaseline.objects.bulk_create(
        changed.values(),
        update_conflicts=True,
        unique_fields=["volume"],
        update_fields=["version", "state"],
    )
    return postponed


def _deletes_with_a_past(chains: list[Revision]) -> set[uuid.UUID]:
    """Return the deletes of volumes without a row of which earlier entries would remain.

    Without its delete, such a volume would seem lost.
    """
    deletes = [entry for entry in chains if entry.action == "delete"]
    subjects = {entry.subject_id for entry in deletes}
    existing = Volume.objects.filter(pk__in=subjects).values_list("pk", flat=True)
    gone = subjects - {str(pk) for pk in existing}
    remaining = set(
        Revision.objects.filter(subject=Subject.VOLUME, subject_id__in=gone, version__isnull=False)
        .exclude(pk__in=[entry.pk for entry in chains])
        .values_list("subject_id", flat=True)
        .distinct()
    )
    return {entry.pk for entry in deletes if entry.subject_id in remaining}
