"""The campaign: every fault point, in everything that passes it, and what dies there."""

from __future__ import annotations

from dataclasses import dataclass

from tests.faults.operations import (
    Accept,
    Adopt,
    CleanUp,
    Clone,
    Create,
    CreateOverForeignData,
    Delete,
    DeleteSnapshot,
    Grow,
    Operation,
    TakeSnapshot,
)

CHANGE = ("change:begun", "change:written", "change:committed", "change:settled")
BEFORE = ("step:claimed", "step:begun")
AFTER = ("step:done", "step:recorded")
MAKING = ("volume:half-made", "volume:marked", "volume:made", "volume:in-place")
COPYING = ("copy:one-copied", "snapshot:made", "snapshot:marked", "snapshot:in-place")
FILLING = ("volume:half-made", "copy:one-copied", "volume:marked", "volume:made", "volume:in-place")
REPLACING = ("place:cleared", "volume:in-place")
REMOVING = ("trash:before", "trash:moved", "remove:one-removed", "trash:removed", "trash:synced")
ADOPTING = ("adopt:place-made", "place:cleared", "adopt:marked", "adopt:moved")

Kind = type[Operation]


@dataclass(frozen=True)
class Row:
    """One operation, killed at one point."""

    kind: Kind
    point: str

    def __str__(self) -> str:
        return f"{self.kind.title} at {self.point}"

    def operation(self, mark: str) -> Operation:
        """With a name that tells where it comes from."""
        name = f"{self.kind.title}-{self.point}-{mark}"
        return self.kind(name.replace(":", "-").replace(" ", "-"))


def _rows(points: dict[Kind, tuple[str, ...]]) -> list[Row]:
    return [Row(kind, point) for kind, names in points.items() for point in names]


# In a worker of `manage.py serve`, which takes the step in the request; its whole server dies with it.
IN_A_SERVER = _rows(
    {
        Create: (*CHANGE, *BEFORE, *MAKING, *AFTER),
        Delete: ("change:written", "change:committed"),
        TakeSnapshot: ("change:committed", "copy:one-copied"),
    }
)

# In a process that answers one request, as such a worker does; that is cheap, and so they are many.
IN_A_REQUEST = _rows(
    {
        Create: CHANGE,
        Grow: CHANGE,
        Delete: CHANGE,
        TakeSnapshot: CHANGE,
        Clone: CHANGE,
        DeleteSnapshot: CHANGE,
    }
)

# In `manage.py reconcile --watch`, which makes so what others have asked for.
IN_A_RECONCILER = _rows(
    {
        Create: (*BEFORE, *MAKING, *AFTER),
        CreateOverForeignData: REPLACING,
        # Growing a directory writes nothing: only that it is there is looked at.
        Grow: (*BEFORE, *AFTER),
        Delete: (*BEFORE, *REMOVING, *AFTER),
        TakeSnapshot: (*BEFORE, *COPYING, *AFTER),
        Clone: (*BEFORE, *FILLING, *AFTER),
        DeleteSnapshot: (*BEFORE, *REMOVING, *AFTER),
    }
)

# In a command that does all of it by itself.
IN_A_COMMAND = _rows(
    {
        Adopt: ("change:begun", "change:written", *BEFORE, *ADOPTING, *AFTER),
        Accept: ("change:begun", "change:written", *BEFORE, "accept:marked", *AFTER),
        CleanUp: ("scan:compared", *REMOVING, "orphan:removed"),
    }
)

# These need a disk with project quotas: tests/backends/limits kills at them, in a machine that has one.
WITH_PROJECT_QUOTAS = (
    *("project:recorded", "project:reserved", "project:assigned", "project:limited"),
    *("project:one-assigned", "project:tree-assigned", "project:finished"),
    *("project:limit-removed", "project:released"),
)

# These need root and XFS: tests/backends/limits/guest/test_pool.py kills at them.
OF_POOLS = (
    *("pool:extended", "pool:formatted", "pool:in-place", "pool:root-cleared", "pool:mounted"),
    "pool:loop-resized",
)

BY_VICTIM = {
    "server": IN_A_SERVER,
    "request": IN_A_REQUEST,
    "reconciler": IN_A_RECONCILER,
    "command": IN_A_COMMAND,
}
