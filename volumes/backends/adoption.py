"""Taking an existing directory in as a volume, by rename."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from . import tree
from .base import BackendError
from .faultpoints import faultpoint
from .fds import ANYTHING, make, opened
from .layout import DATA, PASSABLE, has_data, move
from .texts import quoted


def check(root: int, path: str) -> int:
    """The bytes that the directory uses; a permanent error if `adopt` could not take it."""
    with _candidate(root, path) as (above, name), opened(above, name) as fd:
        return tree.measure(fd)


def adopt(root: int, handle: str, path: str) -> None:
    """Rename the directory into its place. Data there and path gone is success."""
    try:
        _adopt(root, handle, path)
    except (OSError, BackendError):
        # Somebody else, or an earlier attempt, may have been at it.
        if os.path.lexists(path) or not has_data(root, handle):
            raise
    # By whomever: it is done when it is on the disk.
    with opened(root, handle) as volume:
        os.fsync(volume)
    os.fsync(root)


def _adopt(root: int, handle: str, path: str) -> None:
    with _candidate(root, path) as (above, name):
        make(root, handle, PASSABLE)
        faultpoint("adopt:place-made")
        try:
            # Straight to its place: from a temporary one, clean-up could take what is not ours.
            with opened(root, handle) as volume:
                move(name, above, DATA, volume)
                faultpoint("adopt:moved")
        except FileExistsError as error:
            raise _refused(path, "this volume has data already; adopt it as another") from error
        except OSError as error:
            # Empty, if it was made for nothing; otherwise this does nothing.
            with suppress(OSError):
                os.rmdir(handle, dir_fd=root)
            if error.errno != errno.EXDEV:
                raise
            raise _elsewhere(path) from error
        os.fsync(above)


@contextmanager
def _candidate(root: int, path: str) -> Iterator[tuple[int, str]]:
    """The directory above, opened, and the name in it, after every check."""
    above, name = _split(root, path)
    with _opened_above(path, above) as fd:
        _check_kind(root, fd, name, path)
        yield fd, name


def _split(root: int, path: str) -> tuple[str, str]:
    if "\0" in path or not path:
        raise _refused(path, "it is no path; name an existing directory")
    # With its slash, a link would be followed before it could be seen.
    above, name = os.path.split(os.path.abspath(path))
    above = os.path.realpath(above)
    _check_place(root, os.path.join(above, name), path)
    return above, name


def _check_place(root: int, real: str, path: str) -> None:
    place = os.readlink(f"/proc/self/fd/{root}")
    inside = f"{real}/".startswith(f"{place.rstrip('/')}/")
    around = f"{place}/".startswith(f"{real.rstrip('/')}/")
    if inside or around:
        raise _refused(
            path, "it is, contains or lies in the storage root; name a directory outside of it"
        )


@contextmanager
def _opened_above(path: str, above: str) -> Iterator[int]:
    try:
        fd = os.open(above, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _refused(path, "it does not exist; name an existing directory") from error
    try:
        yield fd
    finally:
        os.close(fd)


def _check_kind(root: int, above: int, name: str, path: str) -> None:
    try:
        found = os.stat(name, dir_fd=above, follow_symlinks=False)
    except FileNotFoundError as error:
        raise _refused(path, "it does not exist; name an existing directory") from error
    if stat.S_ISLNK(found.st_mode):
        raise _refused(path, "it is a symbolic link; name the directory that it points to")
    if not stat.S_ISDIR(found.st_mode):
        raise _refused(path, "it is not a directory; name an existing directory")
    with opened(above, name, flags=ANYTHING | os.O_DIRECTORY) as fd:
        if found.st_dev != os.fstat(root).st_dev or _mount(fd) != _mount(root):
            raise _elsewhere(path)


def _mount(fd: int) -> str:
    """Which mount it is reached through: no rename leads from one to another, even of one disk."""
    with open(f"/proc/self/fdinfo/{fd}") as lines:
        return next((line for line in lines if line.startswith("mnt_id:")), "")


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
