"""Copying a tree as it is, while applications go on writing to it."""

import errno
import os
import stat
from contextlib import closing, suppress
from dataclasses import dataclass, field

from config.faultpoints import faultpoint

from ..causes import DeviceError
from ..fds import ANYTHING, MISSING, opened, path_of
from ..linux import open_on_mount
from .content import copy_content
from .cursor import Cursor
from .facts import Facts
from .leases import Opener
from .links import Links


def copy(source: int, target: int) -> None:
    """Make the empty directory `target` what `source` is: content, holes, hard links, kinds,
    owners (where permitted), modes, times and extended attributes.

    Files that vanish meanwhile are left out. What cannot be read is an error, and so is what is
    mounted inside (EXDEV): a copy without it would pass for whole. Every OSError names the path in
    `source` that it is about.
    """
    with Cursor(source) as here:
        with here.locating():
            facts = Facts.of(source)
        with Cursor(target) as there, closing(Links(target)) as links:
            _Copying(here, there, links).run()
        with here.locating():
            facts.apply(target)


@dataclass
class _Level:
    """A directory being copied: what to give it once its content is complete, and what is left."""

    facts: Facts
    directories: list[str] = field(default_factory=list)


class _Copying:
    def __init__(self, here: Cursor, there: Cursor, links: Links) -> None:
        self._here = here
        self._there = there
        self._links = links
        self._opener = Opener()

    def run(self) -> None:
        levels = [self._files()]
        while True:
            directories = levels[-1].directories
            if directories:
                if self._went_down(directories.pop()):
                    levels.append(self._files())
                continue
            done = levels.pop()
            if not levels:
                return
            self._finish(done.facts)
            if not self._here.up():
                # Moved away by its application: the rest of it has vanished.
                levels[-1].directories.clear()

    def _went_down(self, name: str) -> bool:
        try:
            self._here.down(name)
        except OSError as error:
            if error.errno not in MISSING:
                self._here.locate(error, name)
                raise
            return False
        with self._here.locating():
            # An application that renames may let a name be listed twice.
            with suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=self._there.fd)
            self._there.down(name)
        return True

    def _finish(self, facts: Facts) -> None:
        finished = os.dup(self._there.fd)
        try:
            with self._here.locating():
                # Up first: with its own mode, the directory might not let the server out.
                if not self._there.up():
                    raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
                facts.apply(finished)
        finally:
            os.close(finished)

    def _files(self) -> _Level:
        """Copy what is no directory; note the directories."""
        with self._here.locating():
            level = _Level(Facts.of(self._here.fd))
            with os.scandir(self._here.fd) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False) or not self._copied(entry.name):
                        level.directories.append(entry.name)
        return level

    def _copied(self, name: str) -> bool:
        """Copy one entry; False if it is a directory by now."""
        try:
            # O_PATH holds the very inode without opening it: a FIFO would wait for its writer, and
            # opening a device can make it act.
            fd = open_on_mount(self._here.fd, name, ANYTHING)
        except FileNotFoundError:
            return True
        except OSError as error:
            self._here.locate(error, name)
            raise
        try:
            found = os.fstat(fd)
            if stat.S_ISDIR(found.st_mode):
                return False
            with suppress(FileExistsError):
                self._copy_held(fd, found, name)
            faultpoint("copy:one-copied")
        except OSError as error:
            self._here.locate(error, name)
            raise
        finally:
            os.close(fd)
        return True

    def _copy_held(self, fd: int, found: os.stat_result, name: str) -> None:
        there = self._there.fd
        if found.st_nlink > 1 and self._links.placed(found, there, name):
            return
        if stat.S_ISREG(found.st_mode):
            self._copy_file(fd, there, name)
        else:
            _copy_special(fd, found, there, name)
        self._links.hold(found, there, name)

    def _copy_file(self, held: int, directory: int, name: str) -> None:
        source = self._opener.open(path_of(held))
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            target = os.open(name, flags, 0o600, dir_fd=directory)
            try:
                facts = Facts.of(source)
                copy_content(source, target)
                facts.apply(target)
            finally:
                os.close(target)
        finally:
            os.close(source)


def _copy_special(held: int, found: os.stat_result, directory: int, name: str) -> None:
    facts = Facts.of(path_of(held))
    if stat.S_ISLNK(found.st_mode):
        os.symlink(os.readlink("", dir_fd=held), name, dir_fd=directory)
    else:
        _make_node(found, directory, name)
    with opened(directory, name, flags=ANYTHING) as made:
        facts.apply(path_of(made))


def _make_node(found: os.stat_result, directory: int, name: str) -> None:
    kind = stat.S_IFMT(found.st_mode)
    try:
        os.mknod(name, kind | 0o600, found.st_rdev, dir_fd=directory)
    except PermissionError as error:
        if kind in (stat.S_IFBLK, stat.S_IFCHR):
            raise DeviceError(error.errno, error.strerror) from error
        raise
