"""Orders of new volumes that come at the same time, written together: a group commit.

A transaction costs the database, and a process that waits for it, little more for many volumes than for
one. Whoever comes first to an environment writes for all who come while it is at work; then the next of
them does. All it knows is yes: what is in the way of an order, the ordinary way finds out under its lock.
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Sequence
from itertools import islice

from django.conf import settings
from django.db import IntegrityError

from accounts.callers import Actor
from config.prepared import execute_if
from config.turns import aside
from volumes.models import Environment, Volume
from volumes.reconciler.batch import Batch
from volumes.reconciler.inline import PATIENCE, settle_together
from volumes.rules.volumes import Wish
from volumes.services.newborn import Newborn, written
from volumes.services.room import room_for

MOST = 64
"""Orders that are written at once."""


class Order:
    """One wish, sound in itself, and what came of it."""

    def __init__(self, environment: Environment, wish: Wish, actor: Actor) -> None:
        self.environment = environment
        self.wish = wish
        self.actor = actor
        self.volume: Volume | None = None
        self.error: Exception | None = None
        self.leads = False
        """It is its turn to write what is in the line."""
        self._news = threading.Event()

    def tell(self) -> None:
        """It leads, or there is nothing more to wait for."""
        self._news.set()

    def wait(self) -> None:
        """Until it is told; once it is written, no longer than anybody waits for a step."""
        while not self._news.wait(PATIENCE) and self.volume is None:
            pass
        self._news.clear()


class Orders:
    """The orders of one process, in a line for each environment. The first of a line leads it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[uuid.UUID, deque[Order]] = {}

    def place(self, order: Order) -> Volume | None:
        """The volume, settled by now or still being made; None where something is in the way.

        What the database raises to the one who writes, all hear for whom it was written.
        """
        if not self._joins(order):
            with aside():
                order.wait()
        if order.leads:
            self._lead(order.environment.pk)
            with aside():
                order.wait()
        if order.error:
            raise order.error
        return order.volume

    def _joins(self, order: Order) -> bool:
        """Stand in line. Returns whether it leads, being alone."""
        with self._lock:
            line = self._lines.setdefault(order.environment.pk, deque())
            order.leads = not line
            line.append(order)
        return order.leads

    def _lead(self, environment: uuid.UUID) -> None:
        batch = self._first(environment)
        try:
            _write(batch)
        except Exception as error:
            for order in batch:
                order.error = None if order.volume else error
        try:
            _settle(batch)
        finally:
            self._hand_over(environment, len(batch))

    def _first(self, environment: uuid.UUID) -> list[Order]:
        """Those at the head, until a name comes again: the first of its name has to be there first."""
        batch: list[Order] = []
        names: set[str | None] = set()
        with self._lock:
            for order in islice(self._lines[environment], MOST):
                if order.wish.name in names:
                    break
                batch.append(order)
                names.add(order.wish.name)
        return batch

    def _hand_over(self, environment: uuid.UUID, done: int) -> None:
        """They leave, and who is next leads. Until now those who came stood behind them."""
        with self._lock:
            line = self._lines[environment]
            for _ in range(done):
                line.popleft()
            if line:
                line[0].leads = True
                line[0].tell()
            else:
                del self._lines[environment]


def _write(batch: Sequence[Order]) -> None:
    """In one statement, which also sees that the names are free and there is room for all of them.

    The quotas' rows stay locked for that statement only.
    """
    newborns = [Newborn(order.environment, order.wish, order.actor) for order in batch]
    volumes = [newborn.volume for newborn in newborns]
    room = room_for(
        batch[0].environment,
        sum(volume.size for volume in volumes),
        [volume.name for volume in volumes],
    )
    try:
        is_written = execute_if(room, *written(newborns))
    except IntegrityError:  # a name was taken since
        is_written = False
    if is_written:
        for order, volume in zip(batch, volumes, strict=True):
            order.volume = volume
    elif len(batch) > 1:  # what is in the way of one need not be in all the others'
        for order in batch:
            _write([order])


def _settle(batch: Sequence[Order]) -> None:
    """Begin their steps, and see them end unless that takes long. Each is told when it is settled."""
    orders = {order.volume.pk: order for order in batch if order.volume}
    for order in batch:
        if order.volume is None or not settings.RECONCILE_INLINE:
            order.tell()
    volumes = [order.volume for order in batch if order.volume]
    if not volumes:
        return
    steps = Batch(volumes, lambda row: orders[row.pk].tell())
    settle_together(steps)
