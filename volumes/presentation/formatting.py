"""Text for people: sizes, shares, times and states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from config.errors import Problem
from config.units import UNITS, short, size
from volumes.models import Snapshot, Volume
from volumes.specs.volume import FIELD_LABELS

__all__ = ["UNITS", "size"]

STORAGE = "resourceRequests.storage"
SPANS = (("year", 31_557_600), ("month", 2_629_800), ("day", 86400), ("hour", 3600), ("min", 0))


def share(part: int | None, whole: int) -> str:
    """Return a share such as "8.1 of 10 GB", with both numbers in the unit of the whole."""
    unit, factor = next(((u, f) for u, f in UNITS if whole >= f), ("MB", 1))
    return f"{'–' if part is None else short(part / factor)} of {short(whole / factor)} {unit}"


def percent(part: int | None, whole: int | None) -> int:
    """Return whole percent, rounded down, so that 100 means full; 0 without a bound."""
    return part * 100 // whole if part and whole else 0


def ago(at: datetime | None) -> str:
    """Return a relative time such as "3 days ago", "in 2 hours" or "yesterday"."""
    if at is None:
        return "never"
    seconds = (timezone.now() - at).total_seconds()
    past, seconds = seconds >= 0, abs(seconds)
    if seconds < 45:
        return "just now" if past else "in a moment"
    unit, length = next(one for one in SPANS if seconds >= one[1])
    count = int(seconds // (length or 60)) or 1
    if unit == "day" and count == 1:
        return "yesterday" if past else "tomorrow"
    words = f"{count} {unit}{'s' if count > 1 and unit != 'min' else ''}"
    return f"{words} ago" if past else f"in {words}"


def duration(seconds: int) -> str:
    """Return a duration or interval such as "hour", "15 min" or "2 days"."""
    units = (("day", 86400), ("hour", 3600), ("min", 60), ("second", 1))
    unit, length = next(one for one in units if seconds % one[1] == 0)
    count = seconds // length
    return unit if count == 1 else f"{count} {unit}{'' if unit == 'min' else 's'}"


def past_time(at: datetime) -> str:
    """Return a past time: "11:02" today, "3 March" this year, "3 March 2024" before."""
    now = timezone.now()
    if at.date() == now.date():
        return f"{at:%H:%M}"
    return f"{at.day} {at:%B}" if at.year == now.year else f"{at.day} {at:%B %Y}"


def future_day(at: datetime) -> str:
    """Return a future day: "today", "tomorrow", "on Thursday", "around 2 December"."""
    days = (at.date() - timezone.now().date()).days
    if days < 2:
        return "tomorrow" if days == 1 else "today"
    if days < 7:
        return f"on {at:%A}"
    far = at.year != timezone.now().year and days > 180
    return f"around {at.day} {at:%B %Y}" if far else f"around {at.day} {at:%B}"


def sentence(problem: Problem) -> str:
    """Return a problem as a sentence for a place below the field's name: "Is 100 MB already."."""
    inner = problem.field.partition(".")[2]
    text = f"{inner} {problem.message}" if inner and problem.field != STORAGE else problem.message
    # A message that begins with a user's name keeps its case.
    if not problem.code.endswith(("_taken", "attached_already")) and text == problem.message:
        text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


def warning_sentence(warning: Problem) -> str:
    """Return a warning about a finished change: "Its mount path hides what an image keeps in /etc."."""
    return f"Its {FIELD_LABELS[warning.field]} {warning.message}."


@dataclass(frozen=True)
class State:
    """A status for people. `kind` selects icon and colour: good, progress, warning, bad, muted."""

    kind: str
    label: str

    @property
    def is_in_progress(self) -> bool:
        """Return whether the state will change soon, so that the page refreshes."""
        return self.kind == "progress"


def state(volume: Volume) -> State:
    """Return the state of a volume."""
    full = percent(volume.used_size, volume.size)
    match volume.status:
        case "pending":
            return State(
                "progress", "Filling from a snapshot" if volume.restore_from_id else "Making"
            )
        case "resizing":
            return State("progress", f"Growing to {size(volume.size)}")
        case "deleting":
            if volume.grace_until and volume.grace_until > timezone.now():
                return State("warning", f"Deleted, goes {ago(volume.grace_until)}")
            return State("progress", "Deleting")
        case "deleted":
            return State("muted", "Deleted")
        case "error":
            if volume.waits_for_storage:
                return State("warning", "Waiting for storage")
            return State("bad", "Data is missing" if volume.missing_since else "Error")
    if full >= 80:
        return State("bad" if full >= 95 else "warning", f"{full} % full")
    return State("good", "Ready")


def snapshot_state(snapshot: Snapshot) -> State:
    match snapshot.status:
        case "pending":
            return State("progress", "Waiting" if snapshot.status_message else "Copying")
        case "deleting":
            return State("progress", "Deleting")
        case "error":
            return State("bad", "Not taken" if snapshot.is_missed else "Error")
    return State("good", "Ready")


CONSISTENCY = {
    "files": (
        "The data is copied file by file while applications may write. Stop the application first,"
        " or let it dump its data, so that its files belong together."
    ),
    "instant": "All files are as at one moment, also those that applications are writing.",
}
"""The meaning of each consistency of a snapshot."""
