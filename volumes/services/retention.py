"""Remove old history, after an export if one is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from uuid import UUID

from volumes.reconciler.history_pruning import old_entries, prune
from volumes.services.history_export import HistoryFile


def count_old_history(before: datetime) -> Counter[str]:
    """Return how many entries of each subject `prune_history` would remove."""
    return Counter(entry.subject for batch in old_entries(before) for entry in batch)


def prune_history(before: datetime, *, on_removed: Callable[[int], object] = int) -> Counter[str]:
    """Remove the entries from before that time. Return how many of each subject."""

    def ids() -> Iterator[list[UUID]]:
        return ([entry.pk for entry in batch] for batch in old_entries(before))

    return prune(ids, on_removed=on_removed)


def export_and_prune_history(
    before: datetime, export: Path, *, on_removed: Callable[[int], object] = int
) -> Counter[str]:
    """Write the entries from before that time to a new file, and remove exactly these.

    Raises OSError, with nothing removed, if the file cannot be written.
    """
    with closing(HistoryFile(export, old_entries(before))) as file:
        return prune(file.ids, on_removed=on_removed)
