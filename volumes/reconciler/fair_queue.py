"""Which rows are next: fair to environments, whatever the length of their queues."""

from __future__ import annotations

import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import UUIDField

from config.db.statements import PreparedQuery, QueryParam
from volumes.reconciler.targets import Rows

QueuedRow = tuple[uuid.UUID, uuid.UUID]
"""A row's identifier, and its environment's."""
Share = Callable[[uuid.UUID], int]
"""How many more rows of an environment may be taken."""

PAGE = 100
"""Rows that one query reads. What exceeds an environment's share is read for nothing."""


class RoundRobin:
    """Rows of a set that nobody works on, one environment after the other.

    Each gives as many rows as there are free slots, but no more than its share. Between two turns of one
    environment all others have had theirs. An environment whose share is used up is passed over in one
    query, however many of its rows are due.
    """

    def __init__(self, rows: Rows) -> None:
        self._last: uuid.UUID | None = None
        free = rows.free().in_turn().values_list("pk", "environment")
        self._first = PreparedQuery(lambda: free[:PAGE])
        self._after = PreparedQuery(lambda: free.filter(environment__gt=_LAST)[:PAGE])

    def take(self, slots: int, share: Share) -> list[QueuedRow]:
        """Up to `slots` rows, beginning after the environment that was served last."""
        found: list[QueuedRow] = []
        taken: Counter[uuid.UUID] = Counter()
        if not slots:
            return found
        for pk, environment in self._in_turn():
            if taken[environment] < share(environment):
                taken[environment] += 1
                found.append((pk, environment))
                if len(found) == slots:
                    self._last = environment
                    return found
        # All others have been served: the next turn may begin anywhere.
        self._last = None
        return found

    def _in_turn(self) -> Iterator[QueuedRow]:
        last = self._last
        yield from self._pages(last, None)
        if last is not None:
            yield from self._pages(None, last)

    def _pages(self, last: uuid.UUID | None, until: uuid.UUID | None) -> Iterator[QueuedRow]:
        """The first rows of each environment after `last`, up to and including `until`."""
        is_full = True
        while is_full:
            page = self._page(last)
            is_full = len(page) == PAGE
            if is_full and page[0][1] != page[-1][1]:
                # Of the last environment there may be more: it begins the next page.
                page = [row for row in page if row[1] != page[-1][1]]
            for pk, environment in page:
                if until is not None and environment > until:
                    return
                yield pk, environment
            last = page[-1][1] if page else None

    def _page(self, last: uuid.UUID | None) -> list[Any]:
        return self._first.rows() if last is None else self._after.rows(last=last)


class Backlog:
    """The same for rows that are known: each is taken once."""

    def __init__(self, rows: Iterable[QueuedRow]) -> None:
        # In the order of turns: an environment moves to the end when it is served.
        self._queues: dict[uuid.UUID, deque[uuid.UUID]] = {}
        for pk, environment in rows:
            self._queues.setdefault(environment, deque()).append(pk)

    def __bool__(self) -> bool:
        return bool(self._queues)

    def take(self, slots: int, share: Share) -> list[QueuedRow]:
        """Up to `slots` rows, of each environment no more than its share."""
        found: list[QueuedRow] = []
        for environment in list(self._queues):
            number = min(slots - len(found), share(environment), len(self._queues[environment]))
            if number > 0:
                queue = self._queues.pop(environment)
                found += [(queue.popleft(), environment) for _ in range(number)]
                if queue:
                    self._queues[environment] = queue
        return found


_LAST = QueryParam("last", UUIDField())
