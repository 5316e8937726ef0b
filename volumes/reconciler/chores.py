"""The periodic work: looking after settled volumes, measuring, forgetting."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Q
from django.db.models.functions import Now

from volumes.backends import BackendError
from volumes.models import IdempotencyRecord, Installation, StorageScan, Volume
from volumes.reconciler.measure import measure_all
from volumes.reconciler.scan import ORPHANED_FOR, scan
from volumes.reconciler.steps import look_at
from volumes.reconciler.threads import in_thread

log = logging.getLogger("holdfast.reconciler")

LOOK_EVERY = timedelta(hours=1)
SCAN_EVERY = timedelta(days=1)
"""What a scan finds is shown to operators, who remove it by `remove_orphaned_data`."""


BEGIN_EVERY = 10.0
"""Seconds between questions whether something is due."""


class Beside:
    """Does what is due in a thread of its own: no step waits for it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chores")
        self._under_way: Future[None] | None = None
        self._asked = -math.inf

    def begin(self, stop: Event) -> None:
        """Begin, unless it is under way still, or was asked for a moment ago."""
        is_over = self._under_way is None or self._under_way.done()
        if is_over and time.monotonic() - self._asked > BEGIN_EVERY:
            self._asked = time.monotonic()
            self._under_way = self._thread.submit(in_thread, lambda: do_due(stop))

    def finish(self) -> None:
        self._thread.shutdown()


def look_at_settled(volumes: Iterable[Volume]) -> int:
    """Look whether the data of these is there. Returns how many are missing."""
    missing = 0
    try:
        for volume in volumes:
            missing += not look_at(volume)
    except BackendError as error:
        # A disk that is not mounted says nothing about any volume.
        log.warning("the storage cannot be looked at: %s", error)
    return missing


def do_due(stop: Event) -> int:
    """Whatever is due by now, by whichever process comes first. Returns how many chores were."""
    done = 0
    if _is_mine("checked_at", LOOK_EVERY):
        look_at_settled(_until(stop, Volume.objects.settled().iterator()))
        scan_daily()
        IdempotencyRecord.objects.expired().delete()
        SessionStore.clear_expired()
        done += 1
    every = timedelta(seconds=settings.MEASURE_EVERY)
    if every and _is_mine("measured_at", every):
        measure_all(_until(stop, Volume.objects.with_data().iterator()))
        done += 1
    return done


def scan_daily() -> None:
    """Note how storage and rows agree, unless that was done within a day, by whomever."""
    if StorageScan.objects.filter(at__gt=Now() - SCAN_EVERY).exists():
        return
    try:
        scan(ORPHANED_FOR)
    except BackendError as error:
        log.warning("the storage cannot be scanned: %s", error)


def _until(stop: Event, volumes: Iterable[Volume]) -> Iterable[Volume]:
    for volume in volumes:
        if stop.is_set():
            return
        yield volume


def _is_mine(column: str, every: timedelta) -> bool:
    """Whether it is time, and this process the first to say so."""
    old = Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__lte": Now() - every})
    return Installation.objects.filter(old).update(**{column: Now()}) == 1
