"""Directories by descriptor: each component opened by itself, no link ever followed."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
ANYTHING = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC

# No directory of that name: nothing there, or a file, or a link that somebody planted.
MISSING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


Inode = tuple[int, int, int]
"""Device, number and kind of an inode."""


class Place(str):
    """A whole path that an error names, rather than the name that a call was given."""


def located(error: OSError, directory: int, *names: str) -> OSError:
    """Let the error name the whole path of what `names` lead to from `directory`."""
    if not isinstance(error.filename, Place):
        error.filename = Place(os.path.join(_path(directory), *names))
    return error


def _path(directory: int) -> str:
    try:
        return os.readlink(path_of(directory))
    except OSError:
        # Deeper than a path may be long: what can be named is still worth it.
        return ""


@contextmanager
def locating(directory: int, *names: str) -> Iterator[None]:
    """Let OSErrors name the whole path of what `names` lead to from `directory`."""
    try:
        yield
    except OSError as error:
        located(error, directory, *names)
        raise


def open_below(directory: int, name: str, flags: int) -> int:
    """A descriptor of `name` in `directory`. An OSError names the whole path."""
    try:
        return os.open(name, flags, dir_fd=directory)
    except OSError as error:
        located(error, directory, name)
        raise


@contextmanager
def opened(directory: int, *names: str, flags: int = DIRECTORY) -> Iterator[int]:
    """The directory reached from `directory` by `names`, one at a time."""
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


def is_there(directory: int, *names: str) -> bool:
    """Is there a real directory, readable or not? Errors that leave it open are raised."""
    try:
        # Without O_PATH a directory that only its application may read would be an error.
        with opened(directory, *names, flags=ANYTHING | os.O_DIRECTORY):
            return True
    except OSError as error:
        if error.errno in MISSING:
            return False
        raise


def is_same(fd: int, directory: int, name: str) -> bool:
    """Is `name` still, or by now, the very thing that `fd` holds? A name alone proves nothing."""
    return is_inode(inode_of(fd), directory, name)


def is_inode(inode: Inode, directory: int, name: str) -> bool:
    """The same of what is held open all the while, so that no other inode gets its number."""
    try:
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError as error:
        if error.errno in MISSING:
            return False
        raise
    return _inode(found) == inode


def inode_of(fd: int) -> Inode:
    return _inode(os.fstat(fd))


def _inode(found: os.stat_result) -> Inode:
    return found.st_dev, found.st_ino, stat.S_IFMT(found.st_mode)


@contextmanager
def made(directory: int, name: str, mode: int) -> Iterator[int]:
    """A directory of exactly that mode, whatever the umask, made if it is not there already."""
    # Looking first costs nobody anything; to make one, everybody else in `directory` is kept waiting.
    try:
        fd = open_below(directory, name, DIRECTORY)
    except FileNotFoundError:
        with suppress(FileExistsError), locating(directory, name):
            os.mkdir(name, 0o700, dir_fd=directory)
        fd = open_below(directory, name, DIRECTORY)
    try:
        # One that is there may come from an attempt that was killed right here.
        if stat.S_IMODE(os.fstat(fd).st_mode) != mode:
            os.fchmod(fd, mode)
        yield fd
    finally:
        os.close(fd)


def make(directory: int, name: str, mode: int) -> None:
    """The same for later."""
    with made(directory, name, mode):
        pass


def path_of(fd: int) -> str:
    """A path to what `fd` holds, even if only by O_PATH, for calls that take no such descriptor.

    The kernel resolves it to that very inode: no name is looked up, no link followed.
    """
    return f"/proc/self/fd/{fd}"
