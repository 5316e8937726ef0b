"""Looking for work: everything unsettled, environments taking turns, several rows at a time."""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from threading import Event

from django.db import Error, connection

from volumes.models import Snapshot, Volume
from volumes.querysets import LEASE, SnapshotQuerySet, VolumeQuerySet
from volumes.reconciler import chores
from volumes.reconciler.crew import AT_ONCE, Crew
from volumes.reconciler.outcomes import Outcome
from volumes.reconciler.rota import Rota

log = logging.getLogger("holdfast.reconciler")

IDLE = 1.0
"""Seconds between looks for work while there is none."""


class Sweeper:
    """Gives due rows to a crew."""

    def __init__(self) -> None:
        self.crew = Crew()
        self.kinds: deque[tuple[Rota, VolumeQuerySet | SnapshotQuerySet]] = deque(
            (Rota(rows, AT_ONCE), rows) for rows in (Volume.objects.due(), Snapshot.objects.due())
        )

    def round(self) -> int:
        """Start as many due rows as there is room for. Returns how many were started."""
        self.kinds.rotate()  # one kind must not always leave the other what it does not need
        return sum(self._start(rota, rows) for rota, rows in self.kinds)

    def _start(self, rota: Rota, rows: VolumeQuerySet | SnapshotQuerySet) -> int:
        room = self.crew.room
        places = rota.next(room) if room else []
        return self.crew.start(rows, self.crew.fitting(places)) if places else 0


def watch(stop: Event) -> None:
    """Sweep until told to stop, then end after the steps that are under way."""
    sweeper, chore = Sweeper(), chores.Beside()
    while not stop.is_set():
        try:
            started = sweeper.round()
        except Error as error:
            log.warning("the database does not answer: %s", error)
            connection.close()
            started = 0
        chore.begin(stop)
        if sweeper.crew.is_busy:
            sweeper.crew.record(patience=0.05 if started else IDLE)
        else:
            stop.wait(IDLE)
    sweeper.crew.finish()
    chore.finish()
    connection.close()  # the thread's own: nobody else would, and SQLite keeps its log until then


def one_pass() -> tuple[int, int]:
    """Every unsettled row once, whatever its pause, and a look at every settled volume's data.

    Returns (rows still unsettled, rows worked on). Rows that another process holds are waited for
    over a lease's time, in case that process has died.
    """
    crew = Crew()
    seen: set[uuid.UUID] = set()
    stuck: set[uuid.UUID] = set()
    deadline = time.monotonic() + LEASE.total_seconds() + 2
    while True:
        for rows in _ripe():
            free = rows.free().order_by("due_at").values_list("pk", flat=True)
            for outcome in _work_through(crew, rows, [pk for pk in free if pk not in stuck]):
                seen.add(outcome.row.pk)
                # What went well and is not settled yet gets its next step.
                stuck |= set() if outcome.went_well else {outcome.row.pk}
        if not _unsettled() - stuck or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    crew.finish()
    chores.look_at_settled(Volume.objects.settled().iterator())
    return len(_unsettled()), len(seen)


def _work_through(
    crew: Crew, rows: VolumeQuerySet | SnapshotQuerySet, pks: Iterable[uuid.UUID]
) -> Iterator[Outcome]:
    waiting = iter(pks)
    while (some := list(islice(waiting, crew.room))) or crew.is_busy:
        crew.start(rows, some)
        yield from crew.record(patience=IDLE)


def _ripe() -> list[VolumeQuerySet | SnapshotQuerySet]:
    return [Volume.objects.ripe(), Snapshot.objects.ripe()]


def _unsettled() -> set[uuid.UUID]:
    return {pk for rows in _ripe() for pk in rows.values_list("pk", flat=True)}
