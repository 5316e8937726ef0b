"""Whose turn it is: fair to environments, whatever the length of their queues."""

from __future__ import annotations

import uuid

from volumes.querysets import SnapshotQuerySet, VolumeQuerySet

Place = tuple[uuid.UUID, uuid.UUID]
"""A row's identifier, and its environment's."""


class Rota:
    """Environment after environment, each with as much as there is room for when its turn comes.

    Between two turns of one everybody else has had theirs: a tenant with a long queue holds nobody up.
    What is read is what there is room for, however many rows are due.
    """

    def __init__(self) -> None:
        self._last: uuid.UUID | None = None

    def next(self, rows: VolumeQuerySet | SnapshotQuerySet, room: int) -> list[Place]:
        """The free rows of these that are next: `room` of them, or all there are."""
        found = _first(rows.filter(environment__gt=self._last) if self._last else rows, room)
        if self._last and len(found) < room:
            found += _first(rows.filter(environment__lte=self._last), room - len(found))
        # Where that was everybody, the next turn begins anywhere.
        self._last = found[-1][1] if len(found) == room else None
        return found


def _first(rows: VolumeQuerySet | SnapshotQuerySet, room: int) -> list[Place]:
    return list(rows.free().in_turn().values_list("pk", "environment")[:room])
