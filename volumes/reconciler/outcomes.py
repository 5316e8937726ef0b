"""Outcomes of steps, and what they write into a row that users may have changed meanwhile."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, F
from django.db.models.functions import Greatest, Now

from config import limits
from volumes.backends.texts import cut
from volumes.models import Snapshot, SnapshotStatus, Volume, VolumeStatus
from volumes.models.base import Reconciled

Values = dict[str, Any]
"""Columns to write. Outcomes with equal values share a statement."""

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
    """The result of a step of a claimed row."""

    row: Any

    succeeded = True
    """True if another step may follow at once."""

    @abstractmethod
    def values(self, current: Any, jitter: float) -> Values:
        """Return the values to write. `current` is the row as it is now, locked.

        `jitter` between 0.5 and 1 spreads retries.
        """


@dataclass(frozen=True, eq=False)
class VolumeReady(Outcome):
    """The data is there, with the size that was requested when the step began."""

    row: Volume
    size_enforced: bool = False

    def values(self, current: Volume, jitter: float) -> Values:
        values = {
            **SETTLED,
            "missing_since": None,
            "is_accepted": False,
            "size_enforced": self.size_enforced,
            "status": VolumeStatus.READY,
        }
        # An expression if possible, so that volumes of all sizes share a statement.
        held = F("size") if current.size == self.row.size else self.row.size
        if current.is_deleted:
            # Deleted during the step: keep the due time that the delete set.
            values |= {"status": VolumeStatus.DELETING, "due_at": current.due_at}
        elif current.size > self.row.size:
            values |= {"status": VolumeStatus.RESIZING, "due_at": Now()}
        return {**values, "provisioned_size": held}

    def ready_volume(self) -> Volume:
        """Return the volume as it is if it was not changed since its claim."""
        volume = Volume.__new__(Volume)  # copy() pickles: every create would pay for that
        vars(volume).update(
            vars(self.row),
            status=VolumeStatus.READY,
            provisioned_size=self.row.size,
            size_enforced=self.size_enforced,
            due_at=None,
        )
        return volume


class VolumeRemoved(Outcome):
    """All data is removed, and its quota is free again."""

    row: Volume

    def values(self, current: Volume, jitter: float) -> Values:
        return {
            **SETTLED,
            "status": VolumeStatus.DELETED,
            "provisioned_size": None,
            "size_enforced": False,
            "missing_since": None,
            "grace_until": None,
        }


@dataclass(frozen=True, eq=False)
class SnapshotReady(Outcome):
    """The copy is complete. `consistency` is the backend's.

    `taken_at` is when the copy began, if an earlier attempt made it and died before recording it; None
    if this attempt made it.
    """

    row: Snapshot
    consistency: str
    taken_at: datetime | None = None

    def values(self, current: Snapshot, jitter: float) -> Values:
        taken = {
            "taken_at": self.taken_at or _SINCE_CLAIM,
            "size": F("copying_size"),
            "consistency": self.consistency,
            "take_until": None,
        }
        if current.is_deleted:
            # Deleted during the copy: keep the due time that the delete set.
            return {**FREE, **taken, "attempts": 0}
        return {**SETTLED, **taken, "status": SnapshotStatus.READY}


# The clock of the server that set created_at may be ahead of the database's.
_SINCE_CLAIM = Greatest("copying_since", "created_at")


class SnapshotRemoved(Outcome):
    """The copy is removed. The row is deleted too, so there is nothing to write."""

    row: Snapshot

    def values(self, current: Snapshot, jitter: float) -> Values:
        return {}


@dataclass(frozen=True, eq=False)
class Failed(Outcome):
    """The step failed. It is retried with exponential backoff and jitter.

    `reason` is for tenants, `detail` for operators (empty if it adds nothing). `status` is the one of
    a row in error. `permanent` means that a retry alone cannot help: it waits MAX_BACKOFF at once.
    """

    row: Reconciled
    reason: str
    detail: str = ""
    status: str = field(kw_only=True)
    permanent: bool = field(default=False, kw_only=True)

    succeeded = False

    def values(self, current: Any, jitter: float) -> Values:
        if current.is_deleted != self.row.is_deleted:
            # The failed change is no longer requested, and the new request has set its own due time.
            return FREE
        pause = limits.MAX_BACKOFF if self.permanent else 2.0 ** min(current.attempts, 10) / 2
        return {
            **FREE,
            "status": self.status,
            **messages(self.reason, self.detail),
            "attempts": F("attempts") + 1,
            "due_at": Now() + timedelta(seconds=min(limits.MAX_BACKOFF, pause) * jitter),
        }


@dataclass(frozen=True, eq=False)
class SnapshotMissed(Failed):
    """The snapshot failed for good: a later copy would show a later state of the data."""

    row: Snapshot

    # The next step removes leftovers of the attempt.
    succeeded = True

    def values(self, current: Snapshot, jitter: float) -> Values:
        missed = {**FREE, **missed_values(self.reason, self.detail)}
        if current.is_deleted:
            return missed
        return {**missed, "status": self.status, "due_at": Now(), "attempts": 0}


class SnapshotCleared(Outcome):
    """All leftovers of a failed snapshot are removed. Its row keeps the reason."""

    row: Snapshot

    def values(self, current: Snapshot, jitter: float) -> Values:
        return FREE if current.is_deleted else {**FREE, "due_at": None, "attempts": 0}


@dataclass(frozen=True, eq=False)
class SnapshotPostponed(Failed):
    """The storage was unavailable: this is no attempt, and the snapshot may still be taken in time."""

    row: Snapshot

    def values(self, current: Snapshot, jitter: float) -> Values:
        unchanged = {"status"} | (set(messages("")) if self.row.is_missed else set())
        values = super().values(current, jitter)
        return {name: value for name, value in values.items() if name not in unchanged}


@dataclass(frozen=True, eq=False)
class Missing(Failed):
    """Data that existed is missing. It is looked for again, but never created again."""

    row: Volume
    since: datetime = field(kw_only=True)

    def values(self, current: Any, jitter: float) -> Values:
        values = super().values(current, jitter)
        if self.row.is_accepted:
            # There was nothing to accept. An acceptance during the step stays valid.
            values = {**values, "is_accepted": False}
        # Set `missing_since` once only: repeated failures then write equal values.
        return values if current.missing_since else {**values, "missing_since": self.since}


def missed_values(reason: str, detail: str = "") -> Values:
    """Return the values of a failed snapshot: the reason, and no further attempt."""
    cause = _RETRY_NOTE.sub("", reason).removeprefix("Could not take the snapshot: ").rstrip(".")
    cause = cut(cause[:1].lower() + cause[1:], _LENGTHS["status_message"] - len(_MISSED))
    return {**messages(_MISSED.format(cause), detail), "take_until": None}


# A volume is tried again, a snapshot is not.
_RETRY_NOTE = re.compile(r"[;.] it is tried again( later| by itself)?", re.IGNORECASE)
_MISSED = "It could not be taken: {}; take another."


def messages(reason: str, detail: str = "") -> Values:
    """Return both texts of a failure, for tenants and operators, cut to the length of their columns."""
    texts = {"status_message": reason, "status_detail": detail}
    return {name: cut(text, _LENGTHS[name]) for name, text in texts.items()}


_LENGTHS: dict[str, int] = {
    field.name: field.max_length or 0
    for field in Volume._meta.fields
    if isinstance(field, CharField)
}
