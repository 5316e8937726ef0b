"""Periodic jobs: check settled volumes, sample usage, scan the storage, remove what has expired."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Event

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from config import limits
from config.db.deletion import delete_in_batches
from volumes.backends import StorageUnavailable
from volumes.models import IdempotencyRecord, Installation, StorageScan, Volume
from volumes.reconciler.availability import watch_availability
from volumes.reconciler.executors import run_in_thread
from volumes.reconciler.history_pruning import prune_expired
from volumes.reconciler.leftovers import find_old_leftovers, remove_old_leftovers
from volumes.reconciler.orphans import scan
from volumes.reconciler.passes import FailureCollector
from volumes.reconciler.purging import purge_expired
from volumes.reconciler.rounds import Rounds, for_each
from volumes.reconciler.size_limits import report_unexpected_usage
from volumes.reconciler.steps import check_row
from volumes.reconciler.storage_facts import watch_storage
from volumes.reconciler.usage_samples import sample_all

log = logging.getLogger("holdfast.reconciler")


RUN_DUE_INTERVAL = 10.0
"""Seconds between two checks whether a job is due."""

Job = Callable[[Event], None]


class PeriodicRunner:
    """Runs each due job in its own thread, so neither steps nor other jobs wait for it."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(len(JOBS), thread_name_prefix="periodic")
        self._running: dict[Job, Future[None]] = {}
        self._last_run = -math.inf

    def run_due(self, stop: Event) -> None:
        """Start all jobs that are not running; each decides whether it is due.

        Does nothing within RUN_DUE_INTERVAL of the last call.
        """
        if time.monotonic() - self._last_run < RUN_DUE_INTERVAL:
            return
        self._last_run = time.monotonic()
        for job in JOBS:
            if job not in self._running or self._running[job].done():
                self._running[job] = self._threads.submit(run_in_thread, partial(job, stop))

    def drain(self) -> None:
        """Wait for the running jobs. They check `stop` after each volume."""
        self._threads.shutdown()


def check_settled(volumes: Iterable[Volume]) -> tuple[int, list[str]]:
    """Check whether the data of these volumes is there.

    Returns the number of missing ones, and a sentence for each that could not be checked.
    """
    missing, collector = 0, FailureCollector()
    try:
        for volume in volumes:
            with collector.collecting(f"{volume.ref} {volume.name}"):
                missing += not check_row(volume)
    except StorageUnavailable as error:
        # Without a mounted disk, nothing is known about any volume.
        log.warning("storage_check_failed", extra={"cause": error.detail})
    return missing, collector.unreadable


def check_all_settled(*, stop: Event | None = None, is_due: Callable[[], bool] = bool) -> list[str]:
    """Check all settled volumes, fair to environments, and remove what killed steps left beside them.

    Returns a sentence for each failed check.
    """
    old = find_old_leftovers()

    def check(volume: Volume) -> None:
        check_row(volume)
        # If its data is missing, its next step is due, and so its leftovers stay.
        remove_old_leftovers(old.pop(volume.pk, []))

    def is_next_due() -> bool:
        if not is_due():
            return False
        old.update(find_old_leftovers())
        return True

    rounds = Rounds(Volume.objects.settled(), for_each(check), stop=stop, is_due=is_next_due)
    try:
        rounds.run()
    except StorageUnavailable as error:
        log.warning("storage_check_failed", extra={"cause": error.detail})
    return rounds.collector.unreadable


def check_hourly(stop: Event) -> None:
    """Check the data of settled volumes once an hour, in the first process that claims the job."""
    is_due = partial(claim_job, "checked_at", limits.CHECK_INTERVAL)
    if is_due():
        delete_in_batches(IdempotencyRecord.objects.expired(), stop)
        delete_in_batches(Session.objects.filter(expire_date__lt=timezone.now()), stop)
        report_unexpected_usage()
        check_all_settled(stop=stop, is_due=is_due)


def sample_usage(stop: Event) -> None:
    """Measure every volume each MEASURE_EVERY, in the first process that claims the job."""
    every = timedelta(seconds=settings.MEASURE_EVERY)
    is_due = partial(claim_job, "measured_at", every)
    if every and is_due():
        try:
            sample_all(stop=stop, is_due=is_due)
        except StorageUnavailable as error:
            log.warning("usage_sampling_failed", extra={"cause": error.detail})


def scan_when_due(_: Event) -> None:
    """Compare storage and rows once a day. A failed scan is repeated after an hour."""
    if claim_job("scan_begun_at", limits.CHECK_INTERVAL):
        scan_daily()


def scan_daily() -> None:
    """Scan the storage, unless any process has done so within a day."""
    if StorageScan.objects.filter(at__gt=Now() - limits.SCAN_INTERVAL).exists():
        return
    try:
        scan(limits.MIN_ORPHAN_AGE)
    except StorageUnavailable as error:
        log.warning("storage_scan_failed", extra={"cause": error.detail})


def remove_expired(stop: Event) -> None:
    """Purge what was deleted PURGE_AFTER days ago, and prune the history to HISTORY_KEEP days."""
    purge_after, history_keep = settings.PURGE_AFTER, settings.HISTORY_KEEP
    if purge_after is not None and claim_job("purged_at", limits.RETENTION_INTERVAL):
        purge_expired(timedelta(days=purge_after), stop)
    if history_keep is not None and claim_job("pruned_at", limits.RETENTION_INTERVAL):
        prune_expired(timedelta(days=history_keep), stop)


def claim_job(column: str, every: timedelta) -> bool:
    """Return whether the job is due and this process is the first to claim it."""
    old = Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__lte": Now() - every})
    return Installation.objects.filter(old).update(**{column: Now()}) == 1


JOBS: tuple[Job, ...] = (
    watch_availability,
    watch_storage,
    check_hourly,
    scan_when_due,
    sample_usage,
    remove_expired,
)
