"""What every storage backend promises.

A handle is a volume's UUID in lower case (8-4-4-4-12), a snapshot is named by its own; anything
else is refused with a permanent error before the storage is touched. Sizes are in MB (2**20
bytes), usage is in bytes.

What was created, filled, copied or adopted carries a mark, written before it gets its final name:
existence proves nothing. An empty directory that somebody else put where data is being made is
replaced; anything else in its place is an error.

Every operation may be repeated, interrupted and repeated, or run by many processes at once: the
end state is the same, and one that finds its work done says nothing. What cannot be done is a
`BackendError`, never an empty answer: a backend that cannot look does not say "missing".
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self


class BackendError(Exception):
    """The storage could not do it.

    `message` is for tenants: the cause in plain words, and a path inside the volume at most. It
    never holds host paths, commands or installation ids. `detail` is for operators: the same with
    the path in the storage and the cure. It is also what `str()` and tracebacks show.
    """

    def __init__(self, message: str, detail: str = "", *, permanent: bool = False) -> None:
        self.message = message
        self.detail = detail or message
        # Trying again cannot help: the request itself is wrong.
        self.permanent = permanent
        super().__init__(self.detail)


class StorageUnavailable(BackendError):
    """The storage as a whole cannot be used: no root, no marker, another installation's marker, or
    a disk that does not answer. It says nothing about any single volume. `detail` has the cure."""

    def __init__(self, detail: str) -> None:
        super().__init__("The storage is not available at the moment.", detail)


class DataState(Enum):
    """What lies where a volume's data, or a snapshot, belongs."""

    OWN = "own"
    """The very directory that was created, adopted or accepted: it carries the mark."""
    UNMARKED = "unmarked"
    """Another one that is not empty: restored by hand, or a stranger's."""
    EMPTY = "empty"
    """Another one without anything in it."""
    MISSING = "missing"
    """No directory."""


@dataclass(frozen=True)
class Found:
    """Something of ours in the storage: a volume, or one of its snapshots."""

    handle: str
    snapshot: str | None = None


@dataclass(frozen=True)
class Unreadable:
    """Something in the storage that could not be looked at. Everything else still is."""

    error: BackendError


@dataclass(frozen=True)
class Leftover:
    """What an attempt to make or remove something has not finished: it is at it, or it is dead."""

    of: Found
    since: float
    """When it was begun, in seconds since the epoch."""


class Backend(ABC):
    enforces_size = False
    """Does a write past a volume's size fail? Otherwise sizes are measured and warned about."""

    consistency = "files"
    """What a snapshot is a copy of: `instant` (all files as at one moment), or `files` (copied file by
    file, while applications may write)."""

    shared = True
    """Do other processes see what this one makes?"""

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: Any, installation: str) -> Self:
        """Return the backend of this installation as the settings want it. Opens nothing."""

    @classmethod
    def settings_problem(cls, settings: Any) -> str:
        """Return why this process cannot serve with these settings, with the cure; empty if it can."""
        return ""

    # Whose storage this is. These look, or prepare, and need no marker.

    @abstractmethod
    def prepare(self, installation: str) -> None:
        """Make the root and write this installation's marker. Another's marker there raises
        StorageUnavailable."""

    @abstractmethod
    def marker(self) -> str | None:
        """The id of the installation that this storage belongs to, None where nobody marked it."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Is there nothing, but possibly a marker and working directories with nothing in them?"""

    @abstractmethod
    def check(self) -> None:
        """StorageUnavailable, with the cure, unless the storage is this installation's.

        Everything below starts with this: in a storage that is not ours, or whose disk is not
        mounted, nothing is made, measured, removed, called missing or listed.
        """

    # Volumes.

    @abstractmethod
    def create(self, handle: str, size: int) -> None:
        """Make an empty volume. Marked data there is success, and stays as it is."""

    @abstractmethod
    def clone(self, handle: str, snapshot: str, target: str, size: int) -> None:
        """Make volume `target`, filled from `snapshot` of `handle`.

        `target` appears complete or not at all. Marked data there is success. A snapshot without
        data is an error.
        """

    @abstractmethod
    def check_adoptable(self, path: str) -> int:
        """The bytes that the directory `path` uses; a permanent error, with the cure, if `adopt`
        could not take it."""

    @abstractmethod
    def adopt(self, handle: str, path: str, size: int) -> None:
        """Make the directory `path` the data of `handle`. Marked data there and `path` gone is
        success. What was swapped in for the directory meanwhile is an error, and not adopted."""

    @abstractmethod
    def grow(self, handle: str, size: int) -> None:
        """Let the volume hold `size`. Missing data is an error and never made anew; an empty
        directory in its place is not the data, here and below."""

    def exists(self, handle: str, snapshot: str | None = None) -> bool:
        """Is the volume's data there, or that of one of its snapshots?

        Marked, or at least not empty: data restored by hand has no mark.
        """
        return self.state(handle, snapshot) in (DataState.OWN, DataState.UNMARKED)

    @abstractmethod
    def state(self, handle: str, snapshot: str | None = None) -> DataState:
        """What lies where the volume's data belongs, or that of one of its snapshots?"""

    @abstractmethod
    def accept(self, handle: str, snapshot: str | None = None) -> None:
        """Mark the directory that is there now as the volume's data, or as its snapshot.

        Marked already is success. No directory is an error.
        """

    @abstractmethod
    def has_content(self, handle: str) -> bool:
        """Does the volume's data hold any file or directory?"""

    @abstractmethod
    def usage(self, handle: str) -> int:
        """The bytes that the volume's data uses, as `du` would say."""

    @abstractmethod
    def source(self, handle: str) -> str:
        """What an application mounts. Known without looking at the storage."""

    @abstractmethod
    def delete(self, handle: str) -> None:
        """Remove the volume's data and all its snapshots for good. Already gone is success.

        Whatever interrupted attempts at this volume left behind goes too.
        """

    # Snapshots.

    @abstractmethod
    def snapshot(self, handle: str, snapshot: str, since: float | None = None) -> float:
        """Keep a copy of the volume's data as it is now. There already is success, and stays as it
        was. Missing data is an error.

        `since` is when this attempt began, in seconds since the epoch; without it, the present. The
        return value is that of the attempt whose copy is there: after a crash it may be an earlier
        one's.
        """

    @abstractmethod
    def delete_snapshot(self, handle: str, snapshot: str) -> None:
        """Remove the snapshot and what interrupted attempts at it left. Already gone is success."""

    # For clean-up.

    @abstractmethod
    def inventory(self) -> Iterator[Found | Unreadable]:
        """Everything that looks like ours, each once; names that are not ours are passed over.
        What cannot be looked at is among it, and stops nothing.

        Leftovers of interrupted attempts are named as what they were to become, or had been: being
        listed is no proof of whole data.
        """

    @abstractmethod
    def leftovers(self) -> Iterator[Leftover | Unreadable]:
        """Everything that is being made or removed, or was when its maker died.

        What cannot be looked at is among it, and stops nothing.
        """

    @abstractmethod
    def last_changed(self, handle: str, snapshot: str | None = None) -> float:
        """When anything in it, leftovers too, last changed, in seconds since the epoch."""
