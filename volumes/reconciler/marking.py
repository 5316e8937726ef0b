"""Mark data that is older than marks: once, when the first server or reconciler starts."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db.models import Q
from tqdm import tqdm

from config.pagination import iterate_in_batches
from volumes.backends import Backend, BackendError, DataState, StorageUnavailable
from volumes.models import Snapshot, Volume
from volumes.models.snapshot import SnapshotQuerySet
from volumes.models.volume import VolumeQuerySet
from volumes.storage import storage

log = logging.getLogger("holdfast.reconciler")

BATCH_SIZE = 200  # rows written together; a start that is interrupted looks at these again
MAX_THREADS = 8  # a disk handles several writes of marks at once

Row = Volume | Snapshot


def mark_older_data() -> list[str]:
    """Accept the present directory as the data of every volume and snapshot that is older than marks.

    Nothing is copied. After an interruption it goes on where it stopped. Returns a line for each mark
    that could not be written. The next start tries these again, and all if the storage is unavailable.
    """
    volumes = Volume.objects.filter(is_accepted=True)
    volumes.filter(Q(provisioned_size__isnull=True) | Q(removal_started=True)).update(
        is_accepted=False
    )
    snapshots = Snapshot.objects.filter(is_accepted=True)
    snapshots.filter(taken_at__isnull=True).update(is_accepted=False)
    try:
        return [*_mark_all(volumes, "volumes"), *_mark_all(snapshots, "snapshots")]
    except StorageUnavailable as error:
        log.warning("marking_postponed", extra={"cause": error.detail})
        return []


def _mark_all(rows: VolumeQuerySet | SnapshotQuerySet, name: str) -> list[str]:
    count = rows.count()
    if not count:
        return []
    failures: list[str] = []
    mark = partial(_failure, storage())
    with (
        ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="marking") as threads,
        tqdm(total=count, desc=f"marking older {name}", unit="", disable=None) as progress,
    ):
        for batch in iterate_in_batches(rows, BATCH_SIZE):
            results = list(zip(batch, threads.map(mark, batch), strict=True))
            done = [row.pk for row, failure in results if failure is None]
            rows.model._default_manager.filter(pk__in=done).update(is_accepted=False)
            failures += [failure for _, failure in results if failure is not None]
            progress.update(len(batch))
    for failure in failures:
        log.warning("marking_failed", extra={"cause": failure})
    return failures


def _failure(backend: Backend, row: Row) -> str | None:
    """Mark the data of one row. Return why that failed, None if it did not."""
    name = (str(row.pk),) if isinstance(row, Volume) else (str(row.volume_id), str(row.pk))
    try:
        if backend.state(*name) in (DataState.UNMARKED, DataState.EMPTY):
            backend.accept(*name)
    except StorageUnavailable:
        raise
    except BackendError as error:
        return f"{row.ref} {row.name}: {error.detail}"
    return None
