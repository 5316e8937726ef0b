"""Whose turn it is: fair to environments, whatever the length of their queues."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import UUIDField

from config.prepared import Parameter, Prepared
from volumes.querysets import SnapshotQuerySet, VolumeQuerySet

Place = tuple[uuid.UUID, uuid.UUID]
"""A row's identifier, and its environment's."""


class Rota:
    """Environment after environment, each with as much as there is room for when its turn comes.

    Between two turns of one everybody else has had theirs: a tenant with a long queue holds nobody up.
    What is read is what there is room for at most, however many rows are due.
    """

    def __init__(self, rows: VolumeQuerySet | SnapshotQuerySet, most: int) -> None:
        """Of the free ones of these rows, never more than `most` at a time."""
        self._last: uuid.UUID | None = None
        free = rows.free().in_turn().values_list("pk", "environment")
        self._anybody = Prepared(lambda: free[:most])
        self._after = Prepared(lambda: free.filter(environment__gt=_LAST)[:most])
        self._until = Prepared(lambda: free.filter(environment__lte=_LAST)[:most])

    def next(self, room: int) -> list[Place]:
        """Those that are next: `room` of them, or all there are."""
        found = self._found(room)[:room]
        # Where that was everybody, the next turn begins anywhere.
        self._last = found[-1][1] if len(found) == room else None
        return found

    def _found(self, room: int) -> list[Any]:
        if self._last is None:
            return self._anybody.rows()
        after = self._after.rows(last=self._last)
        return after if len(after) >= room else after + self._until.rows(last=self._last)


_LAST = Parameter("last", UUIDField())
