"""Remove a tree of any depth, even while other processes remove the same tree."""

import errno
import os
import stat
from contextlib import suppress

from config.faultpoints import faultpoint

from ..fds import ANYTHING, MISSING, locate, locating, path_of
from ..linux import open_on_mount
from .cursor import Cursor

_NOT_EMPTY = frozenset({errno.ENOTEMPTY, errno.EEXIST})

# A tree that is not empty after this many rounds has a writer, which must not cause an endless loop.
# The caller tries again later.
_MAX_ROUNDS = 100


def remove(parent: int, name: str) -> None:
    """Remove `name` and everything below. Already removed is success.

    It may be interrupted and repeated, and needs no disk space. A mount inside is not entered and
    is an error (EBUSY, EXDEV). Everything that can be removed is removed first. Then the first
    OSError is raised, with the full path of the obstacle.
    """
    for _ in range(_MAX_ROUNDS):
        try:
            with locating(parent, name):
                if _try_remove(parent, name):
                    return
                with Cursor(parent) as here:
                    _Emptying(here).run(name)
        except FileNotFoundError:
            return
    raise locate(OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY)), parent, name)


class _Emptying:
    """One depth-first round: removes files on the way down and directories on the way up."""

    def __init__(self, here: Cursor) -> None:
        self._here = here
        self._error: OSError | None = None

    def run(self, top: str) -> None:
        # The names on the way down, and for each level the directories still to enter.
        trail = [top]
        levels = [self._enter(top)]
        while levels:
            if levels[-1]:
                name = levels[-1].pop()
                try:
                    levels.append(self._enter(name))
                    trail.append(name)
                except OSError as error:
                    self._note(error, name)
                continue
            levels.pop()
            name = trail.pop()
            if self._here.up():
                try:
                    _try_remove(self._here.fd, name)
                except OSError as error:
                    self._note(error, name)
            elif levels:
                # Another process removed the parent. The next round removes the rest.
                levels[-1].clear()
        if self._error is not None:
            raise self._error

    def _enter(self, name: str) -> list[str]:
        """Enter a directory, remove its files, and return the names of its other directories."""
        try:
            self._here.down(name)
        except PermissionError:
            unlock(self._here.fd, name)
            self._here.down(name)
        fd = self._here.fd
        if os.fstat(fd).st_mode & stat.S_IRWXU != stat.S_IRWXU:
            # If the mode cannot be changed and matters, the removal below fails and reports it.
            with suppress(PermissionError):
                os.fchmod(fd, 0o700)
        directories: list[str] = []
        try:
            self._remove_files(fd, directories)
        except OSError as error:
            self._note(error)
        return directories

    def _remove_files(self, fd: int, directories: list[str]) -> None:
        """Remove files and empty directories; append the names of other directories."""
        with os.scandir(fd) as entries:
            for entry in entries:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if not _try_remove(fd, entry.name):
                            directories.append(entry.name)
                    else:
                        os.unlink(entry.name, dir_fd=fd)
                    faultpoint("remove:one-removed")
                except OSError as error:
                    self._note(error, entry.name)

    def _note(self, error: OSError, *names: str) -> None:
        """Keep the first error and let the round go on. Entries that vanished are no error."""
        # Later errors often follow from the first ("not empty").
        if error.errno not in MISSING and self._error is None:
            self._here.locate(error, *names)
            self._error = error


def unlock(directory: int, name: str) -> None:
    """Set mode 0o700 on the directory `name`, by inode: the name might become a link."""
    fd = open_on_mount(directory, name, ANYTHING | os.O_DIRECTORY)
    try:
        os.chmod(path_of(fd), 0o700)
    finally:
        os.close(fd)


def _try_remove(directory: int, name: str) -> bool:
    """Remove a file or an empty directory. Return False if a directory is not empty.

    rmdir comes first because of mounts: it fails with EBUSY, while open would enter the mount.
    """
    try:
        os.rmdir(name, dir_fd=directory)
    except NotADirectoryError:
        try:
            os.unlink(name, dir_fd=directory)
        except IsADirectoryError:
            return False  # another process has just put a directory in its place
    except OSError as error:
        if error.errno not in _NOT_EMPTY:
            raise
        return False
    return True
