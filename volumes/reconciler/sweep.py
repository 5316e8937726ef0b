"""Looking for work: everything unsettled, environments taking turns, several rows at a time."""

from __future__ import annotations

import logging
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from threading import Event

from django.db import Error, connection

from volumes.models import Snapshot, Volume
from volumes.querysets import LEASE, SnapshotQuerySet, VolumeQuerySet
from volumes.reconciler import chores
from volumes.reconciler.steps import in_thread, settle

log = logging.getLogger("holdfast.reconciler")

AT_ONCE = 8
"""Rows worked on together: one long copy must not hold up everybody else."""


class Sweeper:
    """Hands due rows to a few threads."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="sweep")
        self.chores = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chores")
        self.running: dict[uuid.UUID, Future[int]] = {}
        self.chore: Future[int] | None = None

    def round(self) -> int:
        """Start as many due rows as there is room for. Returns how many were started."""
        self.running = {pk: future for pk, future in self.running.items() if not future.done()}
        return sum(self._start(rows) for rows in (Volume.objects.due(), Snapshot.objects.due()))

    def _start(self, rows: VolumeQuerySet | SnapshotQuerySet) -> int:
        room = AT_ONCE - len(self.running)
        if room <= 0:
            return 0
        waiting = rows.free().exclude(pk__in=list(self.running)).taking_turns()
        found = list(waiting.values_list("pk", flat=True)[:room])
        for pk in found:
            self.running[pk] = self.pool.submit(in_thread, partial(settle, rows, pk))
        return len(found)

    def do_chores(self, stop: Event) -> None:
        """Begin the periodic work beside the steps, unless it is still under way."""
        if self.chore is None or self.chore.done():
            self.chore = self.chores.submit(in_thread, lambda: chores.do_due(stop))

    def finish(self) -> None:
        """Wait for the steps that are under way."""
        self.pool.shutdown()
        self.chores.shutdown()


def watch(stop: Event) -> None:
    """Sweep until told to stop, then end after the steps that are under way."""
    sweeper = Sweeper()
    while not stop.is_set():
        try:
            busy = sweeper.round()
            sweeper.do_chores(stop)
        except Error as error:
            log.warning("the database does not answer: %s", error)
            busy = 0
            connection.close()
        stop.wait(0.05 if busy else 1)
    sweeper.finish()


def one_pass() -> tuple[int, int]:
    """Every unsettled row once, whatever its pause, and a look at every settled volume's data.

    Returns (rows still unsettled, rows worked on). Rows that another process holds are waited for
    over a lease's time, in case that process has died.
    """
    done: set[uuid.UUID] = set()
    deadline = time.monotonic() + LEASE.total_seconds() + 2
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="sweep") as pool:
        while True:
            for rows in _ripe():
                free = rows.free().taking_turns().values_list("pk", flat=True)
                new = [pk for pk in free if pk not in done]
                wait([pool.submit(in_thread, partial(settle, rows, pk)) for pk in new])
                done.update(new)
            if not _unsettled() - done or time.monotonic() > deadline:
                break
            time.sleep(0.5)
    chores.look_at_settled(Volume.objects.settled().iterator())
    return len(_unsettled()), len(done)


def _ripe() -> list[VolumeQuerySet | SnapshotQuerySet]:
    return [Volume.objects.ripe(), Snapshot.objects.ripe()]


def _unsettled() -> set[uuid.UUID]:
    return {pk for rows in _ripe() for pk in rows.values_list("pk", flat=True)}
