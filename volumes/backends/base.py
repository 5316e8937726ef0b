"""The contract of every storage backend.

A handle is a volume's UUID in lower case (8-4-4-4-12). A snapshot is named by its own UUID. Any
other name is refused with a permanent error before the storage is touched. Sizes are in MB (2**20
bytes), usage is in bytes.

A backend marks the data that it creates, clones, copies or adopts before the data gets its final
name, because a directory of the right name proves nothing. It replaces an empty directory that
another program put in that place, and raises an error for anything else there.

Every operation may be repeated, interrupted and repeated, or run by many processes at once. The
end state is the same, and an operation that finds its work done succeeds silently. A failure is a
`BackendError`, never an empty result: a backend that cannot read the storage does not report
"missing".
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Self


class BackendError(Exception):
    """A storage operation failed.

    `message` is for tenants. It gives the cause and at most a path inside the volume, never host
    paths, commands or installation ids. `detail` is for operators. It adds the path in the storage
    and the cure, and is what `str()` and tracebacks show.
    """

    def __init__(self, message: str, detail: str = "", *, permanent: bool = False) -> None:
        self.message = message
        self.detail = detail or message
        # A retry cannot help: the request itself is wrong.
        self.permanent = permanent
        super().__init__(self.detail)


class StorageUnavailable(BackendError):
    """The storage as a whole cannot be used: no root, no marker, another installation's marker, or
    a disk that does not answer. The error tells nothing about any single volume. `detail` has the
    cure."""

    def __init__(self, detail: str) -> None:
        super().__init__("The storage is not available at the moment.", detail)


class DataState(Enum):
    """What is in the place of a volume's data or of a snapshot."""

    OWN = "own"
    """The directory that was created, adopted or accepted: it carries the mark."""
    UNMARKED = "unmarked"
    """Another directory with content: restored by hand, or made by another program."""
    EMPTY = "empty"
    """Another directory without content."""
    MISSING = "missing"
    """No directory."""


class LimitMode(StrEnum):
    """The values of STORAGE_LIMITS."""

    AUTO = "auto"
    """Enforce sizes where that is possible."""
    REQUIRED = "required"
    """Create and grow nothing whose size is not enforced."""
    OFF = "off"


@dataclass(frozen=True)
class Capabilities:
    """What the storage can do. Where it cannot, one sentence for operators says why, with the cure."""

    enforces_sizes: bool
    """A write past a volume's size fails. Otherwise usage is measured, and warnings appear."""
    instant_snapshots: bool
    """A snapshot has all files of one instant. Otherwise files are copied one by one, while
    applications may write."""
    no_enforcement_reason: str = ""
    no_instant_snapshots_reason: str = ""


@dataclass(frozen=True)
class Capacity:
    """The size of the whole storage, in bytes."""

    total: int
    free: int
    """What the server may still fill. Other data on the same disk counts as used."""


@dataclass(frozen=True)
class LimitCheck:
    """The result of checking the limit of a volume."""

    is_enforced: bool
    repaired: str = ""
    """What was wrong with the limit and is right now, for operators; empty if nothing was."""


@dataclass(frozen=True)
class Measurement:
    used: int
    """Bytes on disk, as `du` counts them."""
    is_empty: bool
    """There is no file or directory in the volume."""


@dataclass(frozen=True)
class SnapshotFacts:
    """What the storage knows about a snapshot without its row."""

    used: int
    """Bytes on disk."""
    taken_at: float
    """When the copy began, as far as it is known: seconds since the epoch."""


@dataclass(frozen=True)
class StoredItem:
    """A volume or a snapshot that is in the storage."""

    handle: str
    snapshot: str | None = None


@dataclass(frozen=True)
class Unreadable:
    """Something in the storage that could not be read. What follows it is still read."""

    error: BackendError


@dataclass(frozen=True)
class StorageProblem:
    """Something that is wrong with the storage, for operators: "<path> <problem>. <cure>"."""

    path: str
    problem: str
    cure: str
    """One or more sentences, or a command."""


@dataclass(frozen=True)
class Diagnosis:
    facts: dict[str, str]
    """What operators should know about the storage, by name."""
    problems: list[StorageProblem]


@dataclass(frozen=True)
class Leftover:
    """An unfinished creation or removal: its process still works on it, or has died."""

    item: StoredItem
    since: float
    """When the attempt began, in seconds since the epoch."""


class Backend(ABC):
    consistency = "files"
    """`instant`: a snapshot has all files of one instant. `files`: files are copied one by one, while
    applications may write."""

    shared = True
    """True if other processes see what this process creates."""

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: Any, installation: str) -> Self:
        """Return the backend of this installation, built from the settings. Opens nothing."""

    @classmethod
    def settings_problem(cls, settings: Any) -> str:
        """Return why this process cannot work with these settings, with the cure; empty if it can.

        `settings` has the attributes of `config.settings`. A problem stops every command.
        """
        return ""

    @classmethod
    def storage_owner(cls, root: str) -> tuple[int, int] | None:
        """Return user and group of the storage at STORAGE_ROOT; None if that decides nothing.

        Commands run as this user only, and root creates everything for it.
        """
        return None

    # Ownership of the storage. These methods work without a marker.

    def init_pool(self, file: str, size: int, *, preallocate: bool) -> str:
        """Put the storage in a file system of `size` MB in `file`, or grow that. `prepare` comes next.

        Whatever exists is kept. `preallocate` reserves the disk space. Returns what an operator does so
        that it is there after a boot. Raises StorageUnavailable.
        """
        raise StorageUnavailable(
            "Only the storage backend directory can be in a pool: leave --pool out, or change"
            " STORAGE_BACKEND."
        )

    @abstractmethod
    def prepare(self, installation: str) -> None:
        """Create the root and write this installation's marker.

        Raises StorageUnavailable if the storage has another installation's marker.
        """

    @abstractmethod
    def marker(self) -> str | None:
        """Return the id of the installation that owns this storage; None without a marker."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Return whether the storage has no content. A marker and empty working directories are none."""

    def take_over(self, previous: str) -> None:
        """Put this installation's marker in the place of that of the installation `previous`.

        Nothing else changes. From then on, servers of `previous` change nothing here. Already done is
        success. Raises StorageUnavailable if the storage has another marker.
        """
        raise StorageUnavailable("This kind of storage cannot be taken over.")

    @abstractmethod
    def check(self) -> None:
        """Raise StorageUnavailable, with the cure, unless this installation owns the storage.

        Every method below starts with this check. In the storage of another installation, or when
        the disk is not mounted, nothing is created, measured, removed, listed or reported missing.
        """

    def diagnose(self) -> Diagnosis:
        """Examine the storage as a whole. Works without a marker, and changes nothing."""
        try:
            self.check()
        except StorageUnavailable as error:
            return Diagnosis({}, [StorageProblem("The storage", "is not available", error.detail)])
        return Diagnosis({}, [])

    @abstractmethod
    def capabilities(self) -> Capabilities:
        """Return what the storage can do now: a disk may be mounted with other options tomorrow."""

    @abstractmethod
    def capacity(self) -> Capacity:
        """Return the size of the storage, and how much of it is free."""

    # Volumes.

    # Those that take a size return whether it is enforced now: a write past it fails.

    @abstractmethod
    def create(self, handle: str, size: int) -> bool:
        """Create an empty volume. Marked data in its place is success, and does not change."""

    @abstractmethod
    def clone(self, handle: str, snapshot: str, target: str, size: int) -> bool:
        """Create volume `target` with the content of `snapshot` of `handle`, even if that is larger.

        `target` appears complete or not at all. Marked data in its place is success. A snapshot
        without data is an error.
        """

    @abstractmethod
    def check_adoptable(self, path: str) -> int:
        """Return the bytes that the directory `path` uses.

        Raises a permanent BackendError, with the cure, if `adopt` would refuse it.
        """

    @abstractmethod
    def adopt(self, handle: str, path: str, size: int) -> bool:
        """Make the directory `path` the data of `handle`.

        Marked data in place and `path` gone is success. A directory that another program replaces
        during the call is an error and is not adopted.
        """

    @abstractmethod
    def grow(self, handle: str, size: int) -> bool:
        """Let the volume hold `size` MB.

        Missing data is an error and is never created again. Here and below, an unmarked empty
        directory in its place counts as missing.
        """

    @abstractmethod
    def enforce(self, handle: str, size: int) -> bool:
        """Limit a volume that was created before its size could be enforced. A limit is never lowered.

        Missing data is an error. Files are never removed: a volume above its size becomes full.
        """

    @abstractmethod
    def check_limit(self, handle: str, size: int) -> LimitCheck:
        """Check whether the volume's size is enforced, and repair the limit of one that has had one."""

    def unowned_usage(self) -> Iterator[str]:
        """Remove limits of volumes that are gone. Yield a sentence for operators for each use of the
        storage that is counted for no volume, although it may be an application's.
        """
        return iter(())

    def exists(self, handle: str, snapshot: str | None = None) -> bool:
        """Return whether the data of the volume or snapshot is there.

        Data is marked or not empty: data that was restored by hand has no mark.
        """
        return self.state(handle, snapshot) in (DataState.OWN, DataState.UNMARKED)

    @abstractmethod
    def state(self, handle: str, snapshot: str | None = None) -> DataState:
        """Return what is in the place of the volume's data or of one of its snapshots."""

    def states(
        self, items: Iterable[StoredItem]
    ) -> Iterator[tuple[StoredItem, DataState | Unreadable]]:
        """Yield each item with what is in its place, in the order of `items`.

        An item that cannot be read does not stop the others. Raises StorageUnavailable. A backend that
        learns of many items at once overrides this.
        """
        for item in items:
            try:
                yield item, self.state(item.handle, item.snapshot)
            except StorageUnavailable:
                raise
            except BackendError as error:
                yield item, Unreadable(error)

    @abstractmethod
    def accept(self, handle: str, snapshot: str | None = None) -> None:
        """Mark the present directory as the data of the volume or snapshot.

        A directory that is already marked is success. No directory is an error.
        """

    @abstractmethod
    def has_content(self, handle: str) -> bool:
        """Return whether the volume's data holds any file or directory."""

    @abstractmethod
    def usage(self, handle: str) -> int:
        """Return the bytes that the volume's data uses on disk, as `du` counts them."""

    def measurements(
        self, handles: Iterable[str]
    ) -> Iterator[tuple[str, Measurement | Unreadable]]:
        """Measure each volume, in the order of `handles`, when its result is requested.

        A volume that cannot be read does not stop the others. Raises StorageUnavailable. A backend that
        learns of many volumes at once overrides this.
        """
        for handle in handles:
            try:
                is_empty = not self.has_content(handle)
                yield handle, Measurement(self.usage(handle), is_empty)
            except StorageUnavailable:
                raise
            except BackendError as error:
                yield handle, Unreadable(error)

    @abstractmethod
    def source(self, handle: str) -> str:
        """Return what an application mounts. Does not access the storage."""

    @abstractmethod
    def delete(self, handle: str) -> None:
        """Remove the volume's data and all its snapshots for good. Already removed is success.

        Leftovers of interrupted attempts at this volume are removed too.
        """

    # Snapshots.

    @abstractmethod
    def snapshot(self, handle: str, snapshot: str, since: float | None = None) -> float:
        """Copy the volume's present data to a snapshot, and return when the copy began.

        An existing snapshot is success and does not change. Missing data is an error. `since` is
        when this attempt began, in seconds since the epoch; the default is now. The return value
        belongs to the attempt that made the copy: after a crash it may be an earlier one.
        """

    def snapshot_facts(self, handle: str, snapshot: str) -> SnapshotFacts:
        """Return what is known about a snapshot that is there. Missing data is an error."""
        return SnapshotFacts(0, self.last_changed(handle, snapshot))

    @abstractmethod
    def delete_snapshot(self, handle: str, snapshot: str) -> None:
        """Remove the snapshot and leftovers of interrupted attempts at it. Already removed is success."""

    # Clean-up.

    @abstractmethod
    def inventory(self) -> Iterator[StoredItem | Unreadable]:
        """Yield every volume and snapshot once; skip foreign names.

        An entry that cannot be read is yielded as Unreadable and does not stop the listing. A
        leftover of an interrupted attempt is listed as its volume or snapshot, so a listed item may
        have no complete data.
        """

    @abstractmethod
    def leftovers(self) -> Iterator[Leftover | Unreadable]:
        """Yield every unfinished creation and removal, whether its process lives or has died.

        An entry that cannot be read is yielded as Unreadable and does not stop the listing.
        """

    @abstractmethod
    def remove_leftovers(self, handle: str, snapshot: str | None, before: float) -> None:
        """Remove leftovers of attempts at the volume or the snapshot that began before `before`.

        `before` is in seconds since the epoch. The data itself stays, and so do a volume's snapshots
        and their leftovers. An attempt whose process lives stays too if the storage can tell;
        otherwise that attempt fails. Already removed is success.
        """

    @abstractmethod
    def last_changed(self, handle: str, snapshot: str | None = None) -> float:
        """Return when anything in it, or in its leftovers, last changed: seconds since the epoch.

        Raises BackendError if there is nothing of it.
        """
