"""Which project limits which volume.

- `ROOT/.projects/<project>`: a link to the name of the volume that owns the project
- `ROOT/<volume>/.project.<project>`: the record of the volume's project
- `ROOT/<volume>/.project.<project>.unfinished`: some of its files may not have the project yet

The record is written first, then the link, which only one process can create. So every project of ours
is found from its volume, finished or not, and is released with it. Applications can change the project of
`data` and their files, but neither records nor links.
"""

import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass

from config.faultpoints import faultpoint

from . import names, project_quotas
from .fds import MISSING, created_directory, open_directory

DIRECTORY = ".projects"
FIRST, LAST = 0x40000000, 0xEFFFFFFF  # 1,073,741,824 to 4,026,531,839
"""The projects that volumes get. They are random, so that one does not tell another.

The first is a round number: ext4 overlooks projects when it lists them from another one (see `get_next`).
"""

_PRIVATE = 0o700
_UNFINISHED = ".unfinished"
_RECORD = re.compile(rf"\.project\.([0-9]+)({re.escape(_UNFINISHED)})?")


@dataclass(frozen=True)
class Record:
    """The project of a volume."""

    project: int
    is_finished: bool = True
    """All files had the project when it was given to them."""

    @property
    def name(self) -> str:
        return f".project.{self.project}{'' if self.is_finished else _UNFINISHED}"


def owned_record(root: int, volume: int, handle: str) -> Record | None:
    """Return the volume's record whose project is reserved for it, None without one."""
    for record in _records(volume):
        if owner_of(root, record.project) == handle:
            return record
    return None


def _records(volume: int) -> list[Record]:
    matches = map(_RECORD.fullmatch, os.listdir(volume))
    return [Record(int(match[1]), not match[2]) for match in matches if match]


def is_used(root: int) -> bool:
    """Return whether any volume of this storage has or had a project."""
    try:
        os.stat(DIRECTORY, dir_fd=root, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def reserve(root: int, volume: int, handle: str, *, is_finished: bool) -> Record:
    """Reserve a project that nobody uses for the volume, and write its record."""
    with created_directory(root, DIRECTORY, _PRIVATE) as reservations:
        while True:
            record = Record(FIRST + secrets.randbelow(LAST - FIRST + 1), is_finished)
            os.close(os.open(record.name, _NEW_FILE, 0o600, dir_fd=volume))
            faultpoint("project:recorded")
            if _reserve(root, reservations, record.project, handle):
                os.fsync(reservations)
                os.fsync(volume)
                faultpoint("project:reserved")
                return record
            os.unlink(record.name, dir_fd=volume)


_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def _reserve(root: int, reservations: int, project: int, handle: str) -> bool:
    """Return whether the project was free: of ours, and of other users of the file system."""
    try:
        os.symlink(handle, str(project), dir_fd=reservations)
    except FileExistsError:
        return False
    if project_quotas.get(root, project).is_in_use:
        os.unlink(str(project), dir_fd=reservations)
        return False
    return True


def mark_finished(volume: int, record: Record) -> Record:
    """Record that all files of the volume have the project."""
    return _replace(volume, record, Record(record.project))


def mark_unfinished(volume: int, record: Record) -> Record:
    """Record that files of the volume may not have the project."""
    return _replace(volume, record, Record(record.project, is_finished=False))


def _replace(volume: int, old: Record, new: Record) -> Record:
    os.rename(old.name, new.name, src_dir_fd=volume, dst_dir_fd=volume)
    os.fsync(volume)
    return new


def owner_of(root: int, project: int) -> str | None:
    """Return the handle of the volume that owns the project, None without one."""
    try:
        with open_directory(root, DIRECTORY) as reservations:
            return os.readlink(str(project), dir_fd=reservations)
    except OSError as error:
        if error.errno not in MISSING:
            raise
        return None


def release(root: int, volume: int, handle: str) -> None:
    """Remove the limits and the reservations of the volume's projects. No file uses them by now.

    Without working quotas the reservation stays, so that a later clean-up removes the limit.
    """
    for record in _records(volume):
        if owner_of(root, record.project) == handle:
            release_project(root, record.project)


def release_project(root: int, project: int) -> None:
    """Remove the limit of the project and its reservation, unless the file system refuses the first."""
    with suppress(OSError):
        project_quotas.set_limit(root, project, 0)
        faultpoint("project:limit-removed")
        with open_directory(root, DIRECTORY) as reservations:
            os.unlink(str(project), dir_fd=reservations)
        faultpoint("project:released")


def reservations(root: int) -> dict[int, str]:
    """Return the handle of the owner of each reserved project."""
    found = {}
    try:
        with open_directory(root, DIRECTORY) as directory:
            for name in os.listdir(directory):
                with suppress(OSError):
                    handle = os.readlink(name, dir_fd=directory)
                    if name.isdecimal() and names.is_ours(handle):
                        found[int(name)] = handle
    except OSError as error:
        if error.errno not in MISSING:
            raise
    return found
