"""Copy a tree while applications write to it."""

import errno
import os
import stat
from contextlib import closing, suppress
from dataclasses import dataclass, field

from config.faultpoints import faultpoint

from ..causes import DeviceError
from ..fds import ANYTHING, MISSING, open_directory, path_of
from ..linux import open_on_mount
from .content import copy_content
from .cursor import Cursor
from .facts import Facts
from .leases import Opener
from .links import Links


def copy(source: int, target: int) -> None:
    """Copy `source` to the empty directory `target`: content, holes, hard links, file types, owners
    (where permitted), modes, times and extended attributes.

    Files that vanish meanwhile are left out. A file that cannot be read is an error, and so is a
    mount inside (EXDEV): a copy without it would look complete. Every OSError names its path in
    `source`.
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
    """A directory during the copy: its metadata, applied at the end, and the directories to visit."""

    facts: Facts
    directories: list[str] = field(default_factory=list)


class _Copying:
    def __init__(self, here: Cursor, there: Cursor, links: Links) -> None:
        self._here = here
        self._there = there
        self._links = links
        self._opener = Opener()

    def run(self) -> None:
        levels = [self._copy_files()]
        while True:
            directories = levels[-1].directories
            if directories:
                if self._enter(directories.pop()):
                    levels.append(self._copy_files())
                continue
            done = levels.pop()
            if not levels:
                return
            self._finish(done.facts)
            if not self._here.up():
                # An application moved the directory away, so its other entries have vanished too.
                levels[-1].directories.clear()

    def _enter(self, name: str) -> bool:
        try:
            self._here.down(name)
        except OSError as error:
            if error.errno not in MISSING:
                self._here.locate(error, name)
                raise
            return False
        with self._here.locating():
            # A concurrent rename may make scandir list a name twice.
            with suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=self._there.fd)
            self._there.down(name)
        return True

    def _finish(self, facts: Facts) -> None:
        finished = os.dup(self._there.fd)
        try:
            with self._here.locating():
                # Go up first: the final mode of the directory may deny the server access to "..".
                if not self._there.up():
                    raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
                facts.apply(finished)
        finally:
            os.close(finished)

    def _copy_files(self) -> _Level:
        """Copy all entries but directories; return the directories to visit."""
        with self._here.locating():
            level = _Level(Facts.of(self._here.fd))
            with os.scandir(self._here.fd) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False) or not self._copy_entry(entry.name):
                        level.directories.append(entry.name)
        return level

    def _copy_entry(self, name: str) -> bool:
        """Copy one entry. Return False if it has become a directory."""
        try:
            # O_PATH refers to the inode without opening the file: opening a FIFO waits for its
            # writer, and opening a device may trigger an action.
            fd = open_on_mount(self._here.fd, name, ANYTHING)
        except FileNotFoundError:
            return True
        except OSError as error:
            self._here.locate(error, name)
            raise
        try:
            status = os.fstat(fd)
            if stat.S_ISDIR(status.st_mode):
                return False
            with suppress(FileExistsError):
                self._copy_opened(fd, status, name)
            faultpoint("copy:one-copied")
        except OSError as error:
            self._here.locate(error, name)
            raise
        finally:
            os.close(fd)
        return True

    def _copy_opened(self, fd: int, status: os.stat_result, name: str) -> None:
        there = self._there.fd
        if status.st_nlink > 1 and self._links.link(status, there, name):
            return
        if stat.S_ISREG(status.st_mode):
            self._copy_file(fd, there, name)
        else:
            _copy_special(fd, status, there, name)
        self._links.remember(status, there, name)

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


def _copy_special(held: int, status: os.stat_result, directory: int, name: str) -> None:
    facts = Facts.of(path_of(held))
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink("", dir_fd=held), name, dir_fd=directory)
    else:
        _make_node(status, directory, name)
    with open_directory(directory, name, flags=ANYTHING) as node:
        facts.apply(path_of(node))


def _make_node(status: os.stat_result, directory: int, name: str) -> None:
    kind = stat.S_IFMT(status.st_mode)
    try:
        os.mknod(name, kind | 0o600, status.st_rdev, dir_fd=directory)
    except PermissionError as error:
        if kind in (stat.S_IFBLK, stat.S_IFCHR):
            raise DeviceError(error.errno, error.strerror) from error
        raise
