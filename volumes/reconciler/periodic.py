"""The periodic work: looking after settled volumes, measuring, forgetting."""

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
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Q
from django.db.models.functions import Now

from volumes.backends import StorageUnavailable
from volumes.models import IdempotencyRecord, Installation, StorageScan, Volume
from volumes.reconciler.availability import watch_availability
from volumes.reconciler.executors import run_in_thread
from volumes.reconciler.orphans import ORPHANED_FOR, scan
from volumes.reconciler.passes import Pass
from volumes.reconciler.rounds import Rounds
from volumes.reconciler.steps import check_row
from volumes.reconciler.usage_samples import sample_all

log = logging.getLogger("holdfast.reconciler")

LOOK_EVERY = timedelta(hours=1)
SCAN_EVERY = timedelta(days=1)
"""What a scan finds is shown to operators, who remove it by `remove_orphaned_data`."""


BEGIN_EVERY = 10.0
"""Seconds between questions whether something is due."""

Job = Callable[[Event], None]


class PeriodicRunner:
    """Does what is due, each job in a thread of its own: neither a step nor another job waits for it."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(len(JOBS), thread_name_prefix="periodic")
        self._under_way: dict[Job, Future[None]] = {}
        self._asked = -math.inf

    def run_due(self, stop: Event) -> None:
        """Begin what is due and not under way, unless that was asked for a moment ago."""
        if time.monotonic() - self._asked < BEGIN_EVERY:
            return
        self._asked = time.monotonic()
        for job in JOBS:
            if job not in self._under_way or self._under_way[job].done():
                self._under_way[job] = self._threads.submit(run_in_thread, partial(job, stop))

    def drain(self) -> None:
        """End when the jobs under way have; they look at `stop` after each volume."""
        self._threads.shutdown()


def check_settled(volumes: Iterable[Volume]) -> tuple[int, list[str]]:
    """Look whether the data of these is there.

    Returns how many are missing, and what could not be looked at, each in a sentence.
    """
    missing, looking = 0, Pass()
    try:
        for volume in volumes:
            with looking.over(f"{volume.ref} {volume.name}"):
                missing += not check_row(volume)
    except StorageUnavailable as error:
        # A disk that is not mounted says nothing about any volume.
        log.warning("the storage cannot be looked at: %s", error.detail)
    return missing, looking.unreadable


def look_at_all_settled(
    *, stop: Event | None = None, is_due: Callable[[], bool] = bool
) -> list[str]:
    """The same for all, environments in turn. Returns what could not be looked at."""
    rounds = Rounds(Volume.objects.settled(), check_row, stop=stop, is_due=is_due)
    try:
        rounds.run()
    except StorageUnavailable as error:
        log.warning("the storage cannot be looked at: %s", error.detail)
    return rounds.looking.unreadable


def check_hourly(stop: Event) -> None:
    """Look whether the data of settled volumes is there, in whichever process is first."""
    is_due = partial(claim_job, "checked_at", LOOK_EVERY)
    if is_due():
        IdempotencyRecord.objects.expired().delete()
        SessionStore.clear_expired()
        look_at_all_settled(stop=stop, is_due=is_due)


def sample_usage(stop: Event) -> None:
    """Measure every volume when it is time, in whichever process is first."""
    every = timedelta(seconds=settings.MEASURE_EVERY)
    is_due = partial(claim_job, "measured_at", every)
    if every and is_due():
        try:
            sample_all(stop=stop, is_due=is_due)
        except StorageUnavailable as error:
            log.warning("the storage cannot be measured: %s", error.detail)


def scan_when_due(_: Event) -> None:
    """Compare storage and rows once a day; one that failed is repeated after an hour."""
    if claim_job("scan_begun_at", LOOK_EVERY):
        scan_daily()


def scan_daily() -> None:
    """Note how storage and rows agree, unless that was done within a day, by whomever."""
    if StorageScan.objects.filter(at__gt=Now() - SCAN_EVERY).exists():
        return
    try:
        scan(ORPHANED_FOR)
    except StorageUnavailable as error:
        log.warning("the storage cannot be scanned: %s", error.detail)


def claim_job(column: str, every: timedelta) -> bool:
    """Whether it is time, and this process the first to say so."""
    old = Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__lte": Now() - every})
    return Installation.objects.filter(old).update(**{column: Now()}) == 1


JOBS: tuple[Job, ...] = (watch_availability, check_hourly, scan_when_due, sample_usage)
