"""Mark data that is older than marks: once, when the first server or reconciler starts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Q
from tqdm import tqdm

from config.pagination import iterate_in_batches
from volumes.backends import Backend, BackendError, DataState, StorageUnavailable
from volumes.models import Snapshot, Volume
from volumes.models.base import Reconciled
from volumes.reconciler.targets import Rows
from volumes.storage import storage

log = logging.getLogger("holdfast.reconciler")

BATCH_SIZE = 200  # rows written together; a start that is interrupted repeats these
MAX_THREADS = 8  # a disk handles several writes of marks at once


class _Older(NamedTuple):
    """A type of rows that is older than marks. Types that were added later are not."""

    rows: Rows
    has_data: Q
    identifiers: Callable[[Any], tuple[str, ...]]
    """Returns the names of a row's data in the storage."""


_OLDER = (
    _Older(
        Volume.objects.all(),
        Q(provisioned_size__isnull=False, removal_started=False),
        lambda volume: (str(volume.pk),),
    ),
    _Older(
        Snapshot.objects.all(),
        Q(taken_at__isnull=False),
        lambda snapshot: (str(snapshot.volume_id), str(snapshot.pk)),
    ),
)


def mark_older_data() -> list[str]:
    """Accept the present directory as the data of every volume and snapshot that is older than marks.

    Nothing is copied. After an interruption it goes on where it stopped. Returns a line for each mark
    that could not be written. The next start tries these again, and all if the storage is unavailable.
    """
    for older in _OLDER:
        older.rows.filter(~older.has_data, is_accepted=True).update(is_accepted=False)
    try:
        return [failure for older in _OLDER for failure in _mark_all(older)]
    except StorageUnavailable as error:
        log.warning("marking_postponed", extra={"cause": error.detail})
        return []


def _mark_all(older: _Older) -> list[str]:
    rows = older.rows.filter(is_accepted=True)
    count = rows.count()
    if not count:
        return []
    failures: list[str] = []
    name = rows.model._meta.verbose_name_plural
    mark = partial(_failure, storage(), older.identifiers)
    with (
        ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="marking") as threads,
        tqdm(total=count, desc=f"marking older {name}", unit="", disable=None) as progress,
    ):
        for batch in iterate_in_batches(rows, BATCH_SIZE):
            results = list(zip(batch, threads.map(mark, batch), strict=True))
            done = [row.pk for row, failure in results if failure is None]
            older.rows.filter(pk__in=done).update(is_accepted=False)
            failures += [failure for _, failure in results if failure is not None]
            progress.update(len(batch))
    for failure in failures:
        log.warning("marking_failed", extra={"cause": failure})
    return failures


def _failure(
    backend: Backend, identifiers: Callable[[Any], tuple[str, ...]], row: Reconciled
) -> str | None:
    """Mark the data of one row. Return why that failed, None if it did not."""
    name = identifiers(row)
    try:
        if backend.state(*name) in (DataState.UNMARKED, DataState.EMPTY):
            backend.accept(*name)
    except StorageUnavailable:
        raise
    except BackendError as error:
        return f"{row.ref} {row.name}: {error.detail}"
    return None
