"""Adopt an existing directory as a volume, by rename."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from config.faultpoints import faultpoint

from . import marks, tree
from .base import BackendError
from .fds import ANYTHING, created_directory, is_same, open_directory, path_of
from .layout import DATA, PASSABLE, is_own, move
from .linux import mount_id, rename_new
from .place import clear_place, lock_directory
from .texts import quoted


@dataclass(frozen=True)
class _Candidate:
    """The directory to adopt, opened once: another process may give its name to something else."""

    fd: int
    parent: int
    name: str
    path: str
    """As requested."""


def check(root: int, path: str) -> int:
    """Return the bytes that the directory uses.

    Raises a permanent BackendError if `adopt` would refuse it.
    """
    with _open_candidate(root, path) as candidate, open_directory(candidate.fd, ".") as fd:
        return tree.measure(fd)


def adopt(root: int, handle: str, path: str) -> None:
    """Rename the directory into its place. Data in place and `path` gone is success.

    Raises BackendError, permanent if the directory cannot be adopted, and OSError.
    """
    try:
        with _open_candidate(root, path) as candidate:
            _adopt(root, handle, candidate)
            os.fsync(candidate.parent)
    except (OSError, BackendError):
        # Another process, or an earlier attempt, may have adopted it.
        if os.path.lexists(path) or not is_own(root, handle):
            raise
    # Another process may have renamed it without an fsync yet.
    with open_directory(root, handle) as volume:
        os.fsync(volume)
    os.fsync(root)
    if not is_own(root, handle):
        raise BackendError("The volume's directory was replaced meanwhile; it is tried again.")


def _adopt(root: int, handle: str, candidate: _Candidate) -> None:
    with created_directory(root, handle, PASSABLE) as volume:
        faultpoint("adopt:place-made")
        try:
            with lock_directory(volume):
                _move_in(root, handle, volume, candidate)
        except (OSError, BackendError):
            # rmdir removes the directory only if it is still empty.
            with suppress(OSError):
                os.rmdir(handle, dir_fd=root)
            raise


def _move_in(root: int, handle: str, volume: int, candidate: _Candidate) -> None:
    if is_own(root, handle):
        raise _refusal(candidate.path, "this volume has data already; adopt it as another")
    clear_place(volume)
    marks.write(volume, DATA, candidate.fd)
    os.fsync(volume)
    faultpoint("adopt:marked")
    try:
        # Straight to its final place: clean-up would delete a tenant's data from a temporary one.
        move(candidate.name, candidate.parent, DATA, volume)
        faultpoint("adopt:moved")
        _check_arrival(volume, candidate)
    except (OSError, BackendError) as error:
        marks.clear(volume, DATA)
        if isinstance(error, OSError) and error.errno == errno.EXDEV:
            raise _other_file_system_refusal(candidate.path) from error
        raise


def _check_arrival(volume: int, candidate: _Candidate) -> None:
    """Raise BackendError, and move it back, if something else was renamed than what was checked."""
    if not is_same(candidate.fd, volume, DATA):
        _move_back(volume, candidate)
        raise BackendError(
            "The directory that was to become this volume was replaced meanwhile.",
            f"{quoted(candidate.path)} was replaced by something else while it was adopted; let nothing"
            " write in the directory above it. It is tried again by itself.",
        )
    # Some file servers put the parent into the file handle, so the rename changed the identity.
    marks.write(volume, DATA, candidate.fd)


def _move_back(volume: int, candidate: _Candidate) -> None:
    """Move the wrong directory back, or next to its old place, or at least out of `data`."""
    sibling = f"{candidate.name}.{secrets.token_hex(8)}"
    places = [
        (candidate.name, candidate.parent),
        (sibling, candidate.parent),
        (f".{sibling}", volume),
    ]
    for name, directory in places:
        with suppress(OSError):
            rename_new(DATA, volume, name, directory)
            return


@contextmanager
def _open_candidate(root: int, path: str) -> Iterator[_Candidate]:
    """Open and check the directory. Every check uses the descriptor, not the name."""
    if "\0" in path or not path:
        raise _refusal(path, "it is no path; name an existing directory")
    # abspath removes a trailing slash, with which a link would be followed before it is detected.
    parent_path, name = os.path.split(os.path.abspath(path))
    with (
        _open_or_refuse(path, parent_path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) as parent,
        # "/" is its own parent.
        _open_or_refuse(path, name or ".", ANYTHING, parent) as fd,
    ):
        _check_kind(fd, path)
        _check_place(root, fd, path)
        yield _Candidate(fd, parent, name, path)


@contextmanager
def _open_or_refuse(
    path: str, name: str, flags: int, directory: int | None = None
) -> Iterator[int]:
    try:
        fd = os.open(name, flags, dir_fd=directory)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _refusal(path, "it does not exist; name an existing directory") from error
    try:
        yield fd
    finally:
        os.close(fd)


def _check_kind(fd: int, path: str) -> None:
    kind = os.fstat(fd).st_mode
    if stat.S_ISLNK(kind):
        raise _refusal(path, "it is a symbolic link; name the directory that it points to")
    if not stat.S_ISDIR(kind):
        raise _refusal(path, "it is not a directory; name an existing directory")


def _check_place(root: int, fd: int, path: str) -> None:
    place, real = os.readlink(path_of(root)), os.readlink(path_of(fd))
    inside = f"{real}/".startswith(f"{place.rstrip('/')}/")
    around = f"{place}/".startswith(f"{real.rstrip('/')}/")
    if inside or around:
        raise _refusal(
            path, "it is, contains or lies in the storage root; name a directory outside of it"
        )
    # rename(2) fails between two mounts, even of the same disk.
    if os.fstat(fd).st_dev != os.fstat(root).st_dev or mount_id(fd) != mount_id(root):
        raise _other_file_system_refusal(path)


def _other_file_system_refusal(path: str) -> BackendError:
    return _refusal(
        path,
        "it is on another file system than the storage; copy it with `cp -a` to a directory beside"
        " the storage root, and adopt that copy",
    )


def _refusal(path: str, why: str) -> BackendError:
    return BackendError(
        "The directory that was to become this volume cannot be adopted; ask the operator.",
        f"{quoted(path)} cannot be adopted: {why}.",
        permanent=True,
    )
