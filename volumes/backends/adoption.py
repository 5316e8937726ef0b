"""Taking an existing directory in as a volume, by rename."""

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
from .fds import ANYTHING, is_same, made, opened, path_of
from .layout import DATA, PASSABLE, is_own, move
from .linux import mount_id, rename_new
from .place import locked, make_room
from .texts import quoted


@dataclass(frozen=True)
class _Candidate:
    """The directory to adopt, held by descriptor: its name may come to mean something else."""

    fd: int
    above: int
    name: str
    path: str
    """As it was asked for."""


def check(root: int, path: str) -> int:
    """The bytes that the directory uses; a permanent error if `adopt` could not take it."""
    with _candidate(root, path) as found, opened(found.fd, ".") as fd:
        return tree.measure(fd)


def adopt(root: int, handle: str, path: str) -> None:
    """Rename the directory into its place. Its data there and path gone is success."""
    try:
        with _candidate(root, path) as found:
            _adopt(root, handle, found)
            os.fsync(found.above)
    except (OSError, BackendError):
        # Another process, or an earlier attempt, may have adopted it.
        if os.path.lexists(path) or not is_own(root, handle):
            raise
    # By whichever process: it is done when it is on the disk.
    with opened(root, handle) as volume:
        os.fsync(volume)
    os.fsync(root)
    if not is_own(root, handle):
        raise BackendError("The volume's directory was replaced meanwhile; it is tried again.")


def _adopt(root: int, handle: str, found: _Candidate) -> None:
    with made(root, handle, PASSABLE) as volume:
        faultpoint("adopt:place-made")
        try:
            with locked(volume):
                _put(root, handle, volume, found)
        except (OSError, BackendError):
            # Empty, if it was made for nothing; otherwise this does nothing.
            with suppress(OSError):
                os.rmdir(handle, dir_fd=root)
            raise


def _put(root: int, handle: str, volume: int, found: _Candidate) -> None:
    if is_own(root, handle):
        raise _refused(found.path, "this volume has data already; adopt it as another")
    make_room(volume)
    marks.write(volume, DATA, found.fd)
    os.fsync(volume)
    faultpoint("adopt:marked")
    try:
        # Straight to its place: from a temporary one, clean-up could take what is not ours.
        move(found.name, found.above, DATA, volume)
        faultpoint("adopt:moved")
        _check_arrival(volume, found)
    except (OSError, BackendError) as error:
        marks.clear(volume, DATA)
        if isinstance(error, OSError) and error.errno == errno.EXDEV:
            raise _elsewhere(found.path) from error
        raise


def _check_arrival(volume: int, found: _Candidate) -> None:
    """A name can come to mean another thing between any look and the rename."""
    if not is_same(found.fd, volume, DATA):
        _give_back(volume, found)
        raise BackendError(
            "The directory that was to become this volume was replaced meanwhile.",
            f"{quoted(found.path)} was replaced by something else while it was adopted; let nothing"
            " write in the directory above it. It is tried again by itself.",
        )
    # Some file servers name a directory by the one above it: then it needs a new mark.
    marks.write(volume, DATA, found.fd)


def _give_back(volume: int, found: _Candidate) -> None:
    """Move what is not the directory back, or beside where it was; at least out of the place."""
    beside = f"{found.name}.{secrets.token_hex(8)}"
    places = [(found.name, found.above), (beside, found.above), (f".{beside}", volume)]
    for name, directory in places:
        with suppress(OSError):
            rename_new(DATA, volume, name, directory)
            return


@contextmanager
def _candidate(root: int, path: str) -> Iterator[_Candidate]:
    """The directory, after every check: each looks at what the descriptor holds."""
    if "\0" in path or not path:
        raise _refused(path, "it is no path; name an existing directory")
    # With its slash, a link would be followed before it could be seen.
    above, name = os.path.split(os.path.abspath(path))
    with (
        _opened_for(path, above, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) as parent,
        # "/" is its own parent.
        _opened_for(path, name or ".", ANYTHING, parent) as fd,
    ):
        _check_kind(fd, path)
        _check_place(root, fd, path)
        yield _Candidate(fd, parent, name, path)


@contextmanager
def _opened_for(path: str, name: str, flags: int, directory: int | None = None) -> Iterator[int]:
    try:
        fd = os.open(name, flags, dir_fd=directory)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _refused(path, "it does not exist; name an existing directory") from error
    try:
        yield fd
    finally:
        os.close(fd)


def _check_kind(fd: int, path: str) -> None:
    kind = os.fstat(fd).st_mode
    if stat.S_ISLNK(kind):
        raise _refused(path, "it is a symbolic link; name the directory that it points to")
    if not stat.S_ISDIR(kind):
        raise _refused(path, "it is not a directory; name an existing directory")


def _check_place(root: int, fd: int, path: str) -> None:
    place, real = os.readlink(path_of(root)), os.readlink(path_of(fd))
    inside = f"{real}/".startswith(f"{place.rstrip('/')}/")
    around = f"{place}/".startswith(f"{real.rstrip('/')}/")
    if inside or around:
        raise _refused(
            path, "it is, contains or lies in the storage root; name a directory outside of it"
        )
    # No rename leads from one mount to another, even of one disk.
    if os.fstat(fd).st_dev != os.fstat(root).st_dev or mount_id(fd) != mount_id(root):
        raise _elsewhere(path)


def _elsewhere(path: str) -> BackendError:
    return _refused(
        path,
        "it is on another file system than the storage; copy it with `cp -a` to a directory beside"
        " the storage root, and adopt that copy",
    )


def _refused(path: str, why: str) -> BackendError:
    return BackendError(
        "The directory that was to become this volume cannot be adopted; ask the operator.",
        f"{quoted(path)} cannot be adopted: {why}.",
        permanent=True,
    )
