"""What steps saw, and what that means for a row as people have left it meanwhile."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, F
from django.db.models.functions import Greatest, Now

from volumes.backends.texts import cut
from volumes.models import Snapshot, SnapshotStatus, Volume, VolumeStatus
from volumes.reconciler.heartbeat import LeasedRow

Values = dict[str, Any]
"""Columns to write. Outcomes that need the same ones share a statement."""

LONGEST_PAUSE = 20.0
"""Seconds. With a step's own time this keeps "settled within 60 s of the last fault"."""

FREE: Values = {"lease_owner": None, "lease_until": None}
SETTLED: Values = {
    **FREE,
    "status_message": "",
    "status_detail": "",
    "attempts": 0,
    "due_at": None,
}


@dataclass(frozen=True, eq=False)
class Outcome(ABC):
    """How a step with a claimed row ended."""

    row: Any

    succeeded = True
    """May another step be worth it at once?"""

    @abstractmethod
    def values(self, now: Any, jitter: float) -> Values:
        """What to write into the row, which is locked and by now reads `now`."""


class VolumeReady(Outcome):
    """Its data is there, with room for the size that was wanted when the step began."""

    row: Volume

    def values(self, now: Volume, jitter: float) -> Values:
        values = {
            **SETTLED,
            "missing_since": None,
            "is_accepted": False,
            "status": VolumeStatus.READY,
        }
        # By its column where it can be, so that volumes of all sizes share a statement.
        held = F("size") if now.size == self.row.size else self.row.size
        if now.is_deleted:
            # Deleted while it was being made: what the delete planned still stands.
            values |= {"status": VolumeStatus.DELETING, "due_at": now.due_at}
        elif now.size > self.row.size:
            values |= {"status": VolumeStatus.RESIZING, "due_at": Now()}
        return {**values, "provisioned_size": held}


class VolumeRemoved(Outcome):
    """Nothing of it is left: its room is free again."""

    row: Volume

    def values(self, now: Volume, jitter: float) -> Values:
        return {
            **SETTLED,
            "status": VolumeStatus.DELETED,
            "provisioned_size": None,
            "missing_since": None,
            "grace_until": None,
        }


@dataclass(frozen=True, eq=False)
class SnapshotReady(Outcome):
    """Its copy is there. `consistency` is the backend's.

    `taken_at` is when the copying began, where an earlier attempt made the copy and died before it
    could be recorded; None if this attempt did.
    """

    row: Snapshot
    consistency: str
    taken_at: datetime | None = None

    def values(self, now: Snapshot, jitter: float) -> Values:
        taken = {
            "taken_at": self.taken_at or _SINCE_CLAIM,
            "size": F("copying_size"),
            "consistency": self.consistency,
            "take_until": None,
        }
        if now.is_deleted:
            # Deleted while it was being copied: what the delete planned still stands.
            return {**FREE, **taken, "attempts": 0}
        return {**SETTLED, **taken, "status": SnapshotStatus.READY}


# The server that took the request may have a clock that is ahead of the database's.
_SINCE_CLAIM = Greatest("copying_since", "created_at")


class SnapshotRemoved(Outcome):
    """Its row goes too, so there is nothing to write."""

    row: Snapshot

    def values(self, now: Snapshot, jitter: float) -> Values:
        return {}


@dataclass(frozen=True, eq=False)
class Failed(Outcome):
    """It did not work: why, and when to try again, after growing, jittered pauses.

    `reason` is for tenants, `detail` for operators (empty where it says no more).
    `hopeless` is for what another try alone cannot mend: the longest pause at once.
    """

    row: LeasedRow
    reason: str
    detail: str = ""
    hopeless: bool = False

    succeeded = False

    def values(self, now: Any, jitter: float) -> Values:
        if now.is_deleted != self.row.is_deleted:
            # What failed is not wanted any more, and what is now is due in its time.
            return FREE
        longest = LONGEST_PAUSE if self.hopeless else 2.0 ** min(now.attempts, 10) / 2
        return {
            **FREE,
            "status": VolumeStatus.ERROR if isinstance(now, Volume) else SnapshotStatus.ERROR,
            **messages(self.reason, self.detail),
            "attempts": F("attempts") + 1,
            "due_at": Now() + timedelta(seconds=min(LONGEST_PAUSE, longest) * jitter),
        }


@dataclass(frozen=True, eq=False)
class SnapshotMissed(Failed):
    """It could not be taken, and never will be: later data would be of another moment."""

    row: Snapshot

    # The next step removes what the attempt left.
    succeeded = True

    def values(self, now: Snapshot, jitter: float) -> Values:
        missed = {**FREE, **missed_values(self.reason, self.detail)}
        if now.is_deleted:
            return missed
        return {**missed, "status": SnapshotStatus.ERROR, "due_at": Now(), "attempts": 0}


class SnapshotCleared(Outcome):
    """Nothing is left of a snapshot that could not be taken; its row goes on saying why."""

    row: Snapshot

    def values(self, now: Snapshot, jitter: float) -> Values:
        return FREE if now.is_deleted else {**FREE, "due_at": None, "attempts": 0}


@dataclass(frozen=True, eq=False)
class SnapshotPostponed(Failed):
    """The storage was not there: no attempt, and it may still be taken in time."""

    row: Snapshot

    def values(self, now: Snapshot, jitter: float) -> Values:
        kept = {"status"} | (set(messages("")) if self.row.is_missed else set())
        values = super().values(now, jitter)
        return {name: value for name, value in values.items() if name not in kept}


@dataclass(frozen=True, eq=False, kw_only=True)
class Missing(Failed):
    """The data was there once and is not now. Looked for again, never made anew."""

    since: datetime

    def values(self, now: Any, jitter: float) -> Values:
        noted = super().values(now, jitter)
        if self.row.is_accepted:
            # There was nothing to accept. What is accepted while the step is at work stays so.
            noted = {**noted, "is_accepted": False}
        # Once is enough: what is looked for in vain again differs in nothing then.
        return noted if now.missing_since else {**noted, "missing_since": self.since}


def missed_values(reason: str, detail: str = "") -> Values:
    """What to write of a snapshot that could not be taken: why, and that there is nothing to try."""
    cause = _TRIED_AGAIN.sub("", reason).removeprefix("Could not take the snapshot: ").rstrip(".")
    cause = cut(cause[:1].lower() + cause[1:], _LENGTHS["status_message"] - len(_MISSED))
    return {**messages(_MISSED.format(cause), detail), "take_until": None}


# What is true of volumes is not of a snapshot.
_TRIED_AGAIN = re.compile(r"[;.] it is tried again( later| by itself)?", re.IGNORECASE)
_MISSED = "It could not be taken: {}; take another."


def messages(reason: str, detail: str = "") -> Values:
    """Both texts of a failure, for tenants and for operators, cut to the length of their columns."""
    texts = {"status_message": reason, "status_detail": detail}
    return {name: cut(text, _LENGTHS[name]) for name, text in texts.items()}


_LENGTHS: dict[str, int] = {
    field.name: field.max_length or 0
    for field in Volume._meta.fields
    if isinstance(field, CharField)
}
