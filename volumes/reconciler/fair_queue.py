"""Choose the next rows round robin, fair to environments with queues of any length."""

from __future__ import annotations

import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import UUIDField

from config.db.statements import PreparedQuery, QueryParam
from volumes.reconciler.targets import Rows

QueuedRow = tuple[uuid.UUID, uuid.UUID]
"""The ids of a row and of its environment."""
Share = Callable[[uuid.UUID], int]
"""Returns how many more rows of an environment may be taken."""

PAGE = 100
"""Rows that one query reads. Rows beyond an environment's share are read in vain."""


class RoundRobin:
    """Serves the unleased rows of a set, one environment after the other.

    An environment gets as many rows as there are free slots, but at most its share. It is served again
    only after all others. One query skips an environment whose share is used up, however many of its
    rows are due.
    """

    def __init__(self, rows: Rows) -> None:
        self._last_environment: uuid.UUID | None = None
        free = rows.free().in_fair_order().values_list("pk", "environment")
        self._first = PreparedQuery(lambda: free[:PAGE])
        self._after = PreparedQuery(lambda: free.filter(environment__gt=_LAST)[:PAGE])

    def take(self, slots: int, share: Share) -> list[QueuedRow]:
        """Return up to `slots` rows, beginning after the environment that was served last."""
        rows: list[QueuedRow] = []
        counts: Counter[uuid.UUID] = Counter()
        if not slots:
            return rows
        for pk, environment in self._rows_in_order():
            if counts[environment] < share(environment):
                counts[environment] += 1
                rows.append((pk, environment))
                if len(rows) == slots:
                    self._last_environment = environment
                    return rows
        # All environments have been served: the next round may begin anywhere.
        self._last_environment = None
        return rows

    def _rows_in_order(self) -> Iterator[QueuedRow]:
        last = self._last_environment
        yield from self._pages(last, None)
        if last is not None:
            yield from self._pages(None, last)

    def _pages(self, last: uuid.UUID | None, until: uuid.UUID | None) -> Iterator[QueuedRow]:
        """Yield the first rows of each environment after `last`, up to and including `until`."""
        is_full = True
        while is_full:
            page = self._page(last)
            is_full = len(page) == PAGE
            if is_full and page[0][1] != page[-1][1]:
                # The last environment may have more rows, so it begins the next page.
                page = [row for row in page if row[1] != page[-1][1]]
            for pk, environment in page:
                if until is not None and environment > until:
                    return
                yield pk, environment
            last = page[-1][1] if page else None

    def _page(self, last: uuid.UUID | None) -> list[Any]:
        return self._first.rows() if last is None else self._after.rows(last=last)


class Backlog:
    """Serves a fixed list of rows round robin, each once."""

    def __init__(self, rows: Iterable[QueuedRow]) -> None:
        # In round-robin order: an environment moves to the end when it is served.
        self._queues: dict[uuid.UUID, deque[uuid.UUID]] = {}
        for pk, environment in rows:
            self._queues.setdefault(environment, deque()).append(pk)

    def __bool__(self) -> bool:
        return bool(self._queues)

    def take(self, slots: int, share: Share) -> list[QueuedRow]:
        """Return up to `slots` rows, at most its share of each environment."""
        rows: list[QueuedRow] = []
        for environment in list(self._queues):
            number = min(slots - len(rows), share(environment), len(self._queues[environment]))
            if number > 0:
                queue = self._queues.pop(environment)
                rows += [(queue.popleft(), environment) for _ in range(number)]
                if queue:
                    self._queues[environment] = queue
        return rows


_LAST = QueryParam("last", UUIDField())
