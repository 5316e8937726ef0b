"""Remove what killed steps left beside the data of settled volumes.

A step removes what earlier attempts at the same work left. But a step that has lost its lease may be
killed after another process has done its work, and then no step follows.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from config import limits
from volumes.backends import StorageUnavailable, StoredItem, Unreadable
from volumes.models import Snapshot, Volume
from volumes.storage import storage

_AT_WORK = Q(due_at__isnull=False) | Q(lease_until__isnull=False)


def find_old_leftovers() -> dict[uuid.UUID, list[StoredItem]]:
    """Return the items with old leftovers, by volume; none while the storage is unavailable.

    Entries that cannot be read are part of the daily scan.
    """
    before = _oldest_kept()
    found: dict[uuid.UUID, set[StoredItem]] = defaultdict(set)
    try:
        for entry in storage().leftovers():
            if not isinstance(entry, Unreadable) and entry.since < before:
                found[uuid.UUID(entry.item.handle)].add(entry.item)
    except StorageUnavailable:
        return {}
    return {volume: sorted(items, key=str) for volume, items in found.items()}


def remove_old_leftovers(items: Iterable[StoredItem]) -> None:
    """Remove old leftovers of these items, but not while a step runs or is due. Raises BackendError."""
    for item in items:
        if not _has_step(item):
            storage().remove_leftovers(item.handle, item.snapshot, _oldest_kept())


def _has_step(item: StoredItem) -> bool:
    """Return whether a step of the volume or of the snapshot is running or due."""
    if Volume.objects.filter(_AT_WORK, pk=item.handle).exists():
        return True
    return item.snapshot is not None and (
        Snapshot.objects.filter(_AT_WORK, pk=item.snapshot).exists()
    )


def _oldest_kept() -> float:
    return time.time() - limits.MIN_LEFTOVER_AGE.total_seconds()
