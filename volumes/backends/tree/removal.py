"""Removing a tree of any depth, alone or beside others who remove the same one."""

import errno
import os
import stat
from contextlib import suppress

from config.faultpoints import faultpoint

from ..fds import ANYTHING, MISSING, located, locating, path_of
from ..linux import open_on_mount
from .cursor import Cursor

_NOT_EMPTY = frozenset({errno.ENOTEMPTY, errno.EEXIST})

# A tree that is full again after that many rounds has a writer. The caller tries again later; the
# writer must not keep it busy for ever.
_PATIENCE = 100


def remove(parent: int, name: str) -> None:
    """Remove `name` and all below. Already gone is success; interrupted, call it again.

    Nothing is written on the way, so a full disk is no obstacle. What is mounted inside is not
    entered: that is an error (EBUSY, EXDEV). What can be removed is, before any error is raised,
    which names the whole path of what is in the way.
    """
    for _ in range(_PATIENCE):
        try:
            with locating(parent, name):
                if _removed(parent, name):
                    return
                with Cursor(parent) as here:
                    _Emptying(here).run(name)
        except FileNotFoundError:
            return
    raise located(OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY)), parent, name)


class _Emptying:
    """One round: down to the last directory, and on the way up each one is removed."""

    def __init__(self, here: Cursor) -> None:
        self._here = here
        self._error: OSError | None = None

    def run(self, top: str) -> None:
        # The way down, and what is left to be entered at each step of it.
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
                    _removed(self._here.fd, name)
                except OSError as error:
                    self._note(error, name)
            elif levels:
                # Somebody else removed the way back: the next round sees what is left.
                levels[-1].clear()
        if self._error is not None:
            raise self._error

    def _enter(self, name: str) -> list[str]:
        """Into a directory, which is left with nothing but the directories returned."""
        try:
            self._here.down(name)
        except PermissionError:
            unlock(self._here.fd, name)
            self._here.down(name)
        fd = self._here.fd
        if os.fstat(fd).st_mode & stat.S_IRWXU != stat.S_IRWXU:
            # Not ours to change? Then what follows says so, if it matters.
            with suppress(PermissionError):
                os.fchmod(fd, 0o700)
        directories: list[str] = []
        try:
            self._remove_files(fd, directories)
        except OSError as error:
            self._note(error)
        return directories

    def _remove_files(self, fd: int, directories: list[str]) -> None:
        """And empty directories; the names of full ones are noted."""
        with os.scandir(fd) as entries:
            for entry in entries:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if not _removed(fd, entry.name):
                            directories.append(entry.name)
                    else:
                        os.unlink(entry.name, dir_fd=fd)
                    faultpoint("remove:one-removed")
                except OSError as error:
                    self._note(error, entry.name)

    def _note(self, error: OSError, *names: str) -> None:
        """Let one obstacle not end the round. What others removed or swapped meanwhile is none."""
        # The first says most: later ones are often "not empty" because of it.
        if error.errno not in MISSING and self._error is None:
            self._here.locate(error, *names)
            self._error = error


def unlock(directory: int, name: str) -> None:
    """Let the owner into the directory `name` again; by inode, a name may become a link."""
    fd = open_on_mount(directory, name, ANYTHING | os.O_DIRECTORY)
    try:
        os.chmod(path_of(fd), 0o700)
    finally:
        os.close(fd)


def _removed(directory: int, name: str) -> bool:
    """Remove a file or an empty directory; False if it is a full one.

    rmdir comes first for what is mounted: it says EBUSY where opening would lead into the mount.
    """
    try:
        os.rmdir(name, dir_fd=directory)
    except NotADirectoryError:
        try:
            os.unlink(name, dir_fd=directory)
        except IsADirectoryError:
            return False  # somebody put one in its place just now
    except OSError as error:
        if error.errno not in _NOT_EMPTY:
            raise
        return False
    return True
