"""Open directories by descriptor: each component by itself, without following links."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
ANYTHING = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC

# There is no directory of that name: nothing, a file, or a link.
MISSING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


Inode = tuple[int, int, int]
"""Device, number and kind of an inode."""


class Place(str):
    """The full path in an error's `filename`, instead of the relative name of the call."""


def locate(error: OSError, directory: int, *names: str) -> OSError:
    """Set the error's file name to the full path of `names` below `directory`."""
    if not isinstance(error.filename, Place):
        error.filename = Place(os.path.join(_path(directory), *names))
    return error


def _path(directory: int) -> str:
    try:
        return os.readlink(path_of(directory))
    except OSError:
        # The tree is deeper than PATH_MAX: the error then names the relative part only.
        return ""


@contextmanager
def locating(directory: int, *names: str) -> Iterator[None]:
    """Give OSErrors of the block the full path of `names` below `directory`."""
    try:
        yield
    except OSError as error:
        locate(error, directory, *names)
        raise


def open_below(directory: int, name: str, flags: int) -> int:
    """Return a descriptor of `name` in `directory`. An OSError names the full path."""
    try:
        return os.open(name, flags, dir_fd=directory)
    except OSError as error:
        locate(error, directory, name)
        raise


@contextmanager
def open_by_path(path: str) -> Iterator[int]:
    """Open a directory of the operator's. Links in the path are followed: the operator made them."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def open_directory(directory: int, *names: str, flags: int = DIRECTORY) -> Iterator[int]:
    """Open the directory at `names` below `directory`, one component at a time."""
    fd = open_below(directory, names[0], flags) if names else os.dup(directory)
    try:
        for name in names[1:]:
            above, fd = fd, -1
            try:
                fd = open_below(above, name, flags)
            finally:
                os.close(above)
        yield fd
    finally:
        if fd >= 0:
            os.close(fd)


def directory_exists(directory: int, *names: str) -> bool:
    """Return whether there is a directory, readable or not. Any other error is raised."""
    try:
        # Without O_PATH, a directory that only its application may read would be an error.
        with open_directory(directory, *names, flags=ANYTHING | os.O_DIRECTORY):
            return True
    except OSError as error:
        if error.errno in MISSING:
            return False
        raise


def is_same(fd: int, directory: int, name: str) -> bool:
    """Return whether `name` refers to the inode of `fd`: another process may replace a name."""
    return is_inode(inode_of(fd), directory, name)


def is_inode(inode: Inode, directory: int, name: str) -> bool:
    """Return whether `name` refers to `inode`.

    The caller keeps the inode open: otherwise the file system could reuse its number.
    """
    try:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError as error:
        if error.errno in MISSING:
            return False
        raise
    return _inode(status) == inode


def inode_of(fd: int) -> Inode:
    return _inode(os.fstat(fd))


def _inode(status: os.stat_result) -> Inode:
    return status.st_dev, status.st_ino, stat.S_IFMT(status.st_mode)


@contextmanager
def created_directory(directory: int, name: str, mode: int) -> Iterator[int]:
    """Open a directory of exactly this mode, independently of the umask. Create it if missing."""
    # Open first: mkdir locks `directory` and makes other processes wait, even if it changes nothing.
    try:
        fd = open_below(directory, name, DIRECTORY)
    except FileNotFoundError:
        with suppress(FileExistsError), locating(directory, name):
            os.mkdir(name, 0o700, dir_fd=directory)
        fd = open_below(directory, name, DIRECTORY)
    try:
        # An existing directory may come from an attempt that was killed before its fchmod.
        if stat.S_IMODE(os.fstat(fd).st_mode) != mode:
            os.fchmod(fd, mode)
        yield fd
    finally:
        os.close(fd)


def create_directory(directory: int, name: str, mode: int) -> None:
    """Create the directory with exactly this mode if it is missing."""
    with created_directory(directory, name, mode):
        pass


def path_of(fd: int) -> str:
    """Return a path to the inode of `fd`, for calls that take no descriptor or none of O_PATH.

    The kernel resolves it to this inode directly: it looks up no name and follows no link.
    """
    return f"/proc/self/fd/{fd}"
