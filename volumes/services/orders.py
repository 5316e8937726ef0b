"""Orders of new volumes that come at the same time, written together: a group commit.

A transaction costs the database, and a process that waits for it, little more for many volumes than for
one. Whoever comes while others are written for stands in line, and is written with all who do. All that
this knows is yes: what is in the way of an order, the ordinary way finds out under its lock.
"""

from __future__ import annotations

import logging
import threading
import uuid
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection

from accounts.callers import Actor, Caller
from accounts.models import Role
from config.prepared import execute_if
from config.turns import aside
from volumes.models import Environment, Volume
from volumes.reach import environment_by_token
from volumes.reconciler.batch import Batch
from volumes.reconciler.inline import PATIENCE, settle_together
from volumes.reconciler.threads import in_thread
from volumes.room import room_for
from volumes.rules.volumes import Wish
from volumes.services.newborn import Newborn, written

log = logging.getLogger("holdfast.orders")

MOST = 64
"""Orders that are written at once."""
writers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="writer")
"""Of so many environments orders are written at once."""
GATHERING = 0.003
"""Seconds for each of those who came last that a writer waits for as many to come once more.

So long take an answer and the next order, most of them one after the other.
"""


Place = tuple[Environment, Actor]
"""Where a volume is to be, and who wants it there and may."""


class Order(ABC):
    """One wish, sound in itself, and what came of it."""

    def __init__(self, environment_id: uuid.UUID, wish: Wish) -> None:
        self.environment_id = environment_id
        self.wish = wish
        self.volume: Volume | None = None
        self.error: Exception | None = None
        self._news: SimpleQueue[None] = SimpleQueue()

    @abstractmethod
    def place(self, seen: dict[str, Any]) -> Place | None:
        """None if it may not be. `seen` is what the other orders of a batch have looked up."""

    def tell(self) -> None:
        """There is nothing more to wait for."""
        self._news.put(None)

    def wait(self) -> None:
        """Until it is told; once it is written, no longer than anybody waits for a step."""
        while True:
            try:
                self._news.get(timeout=PATIENCE)
            except Empty:
                if self.volume is None:
                    continue
            return


class OrderOf(Order):
    """Of somebody who was looked up before."""

    def __init__(self, environment: Environment, wish: Wish, actor: Actor) -> None:
        super().__init__(environment.pk, wish)
        self._place = (environment, actor)

    def place(self, seen: dict[str, Any]) -> Place | None:
        return self._place


class OrderByToken(Order):
    """Of whoever has the token with this digest: looked up once for all that come with it."""

    def __init__(self, environment_id: uuid.UUID, wish: Wish, digest: str, ip: str | None) -> None:
        super().__init__(environment_id, wish)
        self._digest = digest
        self._ip = ip

    def place(self, seen: dict[str, Any]) -> Place | None:
        if self._digest not in seen:
            seen[self._digest] = environment_by_token(self._digest, self.environment_id)
        if seen[self._digest] is None:
            return None
        user, token, environment = seen[self._digest]
        caller = Caller(user=user, token=token, ip=self._ip)
        may = caller.may(Role.EDITOR, role=environment.role)
        return (environment, caller.actor) if may else None


class Line:
    """Orders of one environment, those that are being written ahead of the others."""

    def __init__(self) -> None:
        self._orders: deque[Order] = deque()
        self._awaited = 1
        self._are_there = threading.Event()

    def join(self, order: Order) -> None:
        self._orders.append(order)
        if len(self._orders) >= self._awaited:
            self._are_there.set()

    def wait(self) -> None:
        """Until as many stand here as did before those left that were written, or for a moment."""
        self._are_there.wait(GATHERING * self._awaited)

    def first(self) -> list[Order]:
        """Those at the head, until a name comes again: the first of its name has to be there first."""
        batch: list[Order] = []
        names: set[str | None] = set()
        for order in islice(self._orders, MOST):
            if order.wish.name in names:
                break
            batch.append(order)
            names.add(order.wish.name)
        return batch

    def leave(self, number: int) -> None:
        """So many are written. Until now those who came stood behind them."""
        self._awaited = min(len(self._orders), MOST)
        for _ in range(number):
            self._orders.popleft()
        if len(self._orders) < self._awaited:
            self._are_there.clear()


class Orders:
    """The orders of one process: a line for each environment, and for each line one who writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[uuid.UUID, Line] = {}

    def volume(self, order: Order) -> Volume | None:
        """The volume, settled by now or still being made; None where something is in the way.

        What the database raises to the one who writes, all hear for whom it was written.
        """
        if line := self._new_line_of(order):
            writers.submit(in_thread, partial(self._write_all, order.environment_id, line))
        with aside():
            order.wait()
        if order.error:
            raise order.error
        return order.volume

    def _new_line_of(self, order: Order) -> Line | None:
        """Let it stand in line. Returns the line if nobody writes for that yet."""
        with self._lock:
            line = self._lines.get(order.environment_id)
            is_new = line is None
            if line is None:
                line = self._lines[order.environment_id] = Line()
            line.join(order)
        return line if is_new else None

    def _write_all(self, environment: uuid.UUID, line: Line) -> None:
        while batch := self._next(environment, line):
            _write_and_settle(batch)
            with self._lock:
                line.leave(len(batch))

    def _next(self, environment: uuid.UUID, line: Line) -> list[Order]:
        """Whom to write for. Where nobody has come there is no line any more."""
        line.wait()
        with self._lock:
            batch = line.first()
            if not batch:
                del self._lines[environment]
        return batch


def _write_and_settle(batch: Sequence[Order]) -> None:
    try:
        _write(batch)
    except Exception as error:
        connection.close_if_unusable_or_obsolete()  # the next ones begin with another one
        for order in batch:
            order.error = None if order.volume else error
    try:
        _settle(batch)
    except Exception:
        log.exception("the steps of new volumes were given up")  # the next sweep takes them up
        for order in batch:
            order.tell()


def _write(batch: Sequence[Order]) -> None:
    seen: dict[str, Any] = {}
    placed = [(order, place) for order in batch if (place := order.place(seen))]
    if placed:
        _write_placed(placed)


def _write_placed(placed: Sequence[tuple[Order, Place]]) -> None:
    """In one statement, which also sees that the names are free and there is room for all of them.

    The quotas' rows stay locked for that statement only.
    """
    newborns = [Newborn(environment, order.wish, by) for order, (environment, by) in placed]
    volumes = [newborn.volume for newborn in newborns]
    room = room_for(
        volumes[0].environment,
        sum(volume.size for volume in volumes),
        [volume.name for volume in volumes],
    )
    try:
        is_written = execute_if(room, *written(newborns))
    except IntegrityError:  # a name was taken since
        is_written = False
    if is_written:
        for (order, _), volume in zip(placed, volumes, strict=True):
            order.volume = volume
    elif len(placed) > 1:  # what is in the way of one need not be in all the others'
        for one in placed:
            _write_placed([one])


def _settle(batch: Sequence[Order]) -> None:
    """Take their steps, and see them end unless that takes long. Each is told when it is settled."""
    orders = {order.volume.pk: order for order in batch if order.volume}
    is_waited_for = settings.RECONCILE_INLINE
    for order in batch:
        if order.volume is None or not is_waited_for:
            order.tell()
    volumes = [order.volume for order in batch if order.volume]
    if volumes:
        settle_together(Batch(volumes, lambda row: orders[row.pk].tell()))
