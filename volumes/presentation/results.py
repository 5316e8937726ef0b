"""Results of actions, read from the row after its step instead of promised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from volumes.models import Snapshot, Volume, VolumeStatus
from volumes.models.base import Reconciled
from volumes.presentation import formatting

WHEN_BACK = "when the storage is available again."


class Progress(Enum):
    """How far the storage has applied a row."""

    DONE = messages.SUCCESS
    MOVING = messages.INFO
    WAITING = messages.WARNING
    """The storage is unavailable."""
    FAILED = messages.ERROR


@dataclass(frozen=True)
class Result:
    """A sentence about the resulting state, and the progress that selects its icon."""

    progress: Progress
    text: str

    def tell(self, request: HttpRequest, *, undo: str = "") -> None:
        """Show the result on the next page. `undo` is the address that reverts the action."""
        messages.add_message(request, self.progress.value, self.text, extra_tags=undo)


def fresh(row: Any) -> Any:
    """Return the current row; None if its step removed it."""
    return type(row)._default_manager.filter(pk=row.pk).first()


def progress(row: Any) -> Progress:
    """Return the progress of a current row. `row` is None if removed; some rows have no steps."""
    if not isinstance(row, Reconciled):
        return Progress.DONE
    if row.waits_for_storage:
        return Progress.WAITING
    status = row.status  # type: ignore[attr-defined]
    if status == VolumeStatus.ERROR:
        return Progress.FAILED
    if status == VolumeStatus.DELETING:
        if getattr(row, "grace_until", None):
            return Progress.DONE
        return Progress.FAILED if row.status_message else Progress.MOVING
    if status in (VolumeStatus.PENDING, VolumeStatus.RESIZING):
        return Progress.MOVING
    return Progress.DONE


def created(volume: Volume) -> Result:
    """Return the result of a create."""
    now = fresh(volume)
    what = f"{now.name}, {formatting.size(now.size)}"
    verb = "Restoring" if now.restore_from_id else "Creating"
    return _result(
        now,
        done=f"Created {what}.",
        in_progress=f"{verb} {what}.",
        accepted=f"Accepted {what}.",
        later="It will be created",
    )


def grown(volume: Volume) -> Result:
    """Return the result of a grow."""
    now = fresh(volume)
    what = f"{now.name} to {formatting.size(now.size)}"
    return _result(
        now,
        done=f"Grew {what}.",
        in_progress=f"Growing {what}.",
        accepted=f"Accepted {formatting.size(now.size)} for {now.name}.",
        later="It will grow",
    )


def updated(volume: Volume) -> Result:
    """Return the result of a change that does not concern the storage. An error remains."""
    now = fresh(volume)
    text = f"Updated {now.name}."
    if progress(now) is not Progress.FAILED:
        return Result(Progress.DONE, text)
    return Result(Progress.WAITING, f"{text} It is in error: {now.status_message}")


def restored(volume: Volume) -> Result:
    """Return the result of a restore."""
    now = fresh(volume)
    return _result(
        now,
        done=f"Restored {now.name}.",
        in_progress=f"Restoring {now.name}.",
        accepted=f"Accepted the restore of {now.name}.",
        later="It will be ready",
    )


def retried(volume: Volume) -> Result:
    """Return the result of a retry."""
    now = fresh(volume)
    return _result(
        now,
        done=f"Retried {now.name}. It is ready.",
        in_progress=f"Retrying {now.name}.",
        accepted=f"{now.name} is still waiting.",
        later="It will be retried",
    )


def snapshot_taken(snapshot: Snapshot) -> Result:
    now = fresh(snapshot) or snapshot
    return _result(
        now,
        done=f"Took snapshot {now.name}.",
        in_progress=f"Taking snapshot {now.name}.",
        accepted=f"Accepted snapshot {now.name}.",
        later="It will be taken",
        failed=f"Snapshot {now.name} was not taken.",
    )


def snapshot_deleted(snapshot: Snapshot) -> Result:
    return _result(
        fresh(snapshot),
        done=f"Deleted snapshot {snapshot.name}.",
        in_progress=f"Deleting snapshot {snapshot.name}.",
        accepted=f"Accepted the deletion of snapshot {snapshot.name}.",
        later="Its data will be removed",
    )


def snapshots_taken(taken: Iterable[tuple[Volume, Snapshot]]) -> list[Result]:
    """Return the results of snapshots of several volumes."""
    return _alike(
        taken,
        {
            Progress.DONE: "Took snapshots of {}.",
            Progress.MOVING: "Taking snapshots of {}.",
            Progress.WAITING: f"Accepted snapshots of {{}}. They will be taken {WHEN_BACK}",
            Progress.FAILED: "The snapshots of {} could not be taken.",
        },
    )


def deleted(volumes: Iterable[Volume]) -> list[Result]:
    """Return the results of deletes without a grace period."""
    return _alike(
        ((volume, volume) for volume in volumes),
        {
            Progress.DONE: "Deleted {}.",
            Progress.MOVING: "Deleting {}.",
            Progress.WAITING: f"Accepted the deletion of {{}}. The data will be removed {WHEN_BACK}",
            Progress.FAILED: "Accepted the deletion of {}, but the data could not be removed yet.",
        },
    )


def _alike(pairs: Iterable[tuple[Volume, Any]], texts: dict[Progress, str]) -> list[Result]:
    """Return one result for all volumes with the same progress."""
    names: dict[Progress, list[str]] = {}
    for volume, row in pairs:
        names.setdefault(progress(fresh(row)), []).append(volume.name)
    return [Result(one, texts[one].format(", ".join(names[one]))) for one in texts if one in names]


def _result(
    row: Any, *, done: str, in_progress: str, accepted: str, later: str, failed: str = ""
) -> Result:
    found = progress(row)
    match found:
        case Progress.DONE:
            return Result(found, done)
        case Progress.MOVING:
            return Result(found, in_progress)
        case Progress.WAITING:
            return Result(found, f"{accepted} {later} {WHEN_BACK}")
    return Result(found, f"{failed or accepted} {row.status_message}")
