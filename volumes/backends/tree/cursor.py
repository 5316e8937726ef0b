"""A place in a tree, with one descriptor however deep."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from ..fds import DIRECTORY, located
from ..linux import open_on_mount

Identity = tuple[int, int]


class Cursor:
    """Goes down by name and up by "..", and makes sure that up is where it came from.

    An application may move a directory while the cursor is in it: ".." then leads elsewhere, out
    of the tree perhaps. So each step up is compared with what was there on the way down.
    It never leaves the mount that the top is on.
    """

    def __init__(self, top: int) -> None:
        self._top = top
        self._top_identity = _identity(top)
        self._trail: list[tuple[str, Identity]] = []
        self.fd = os.dup(top)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self.fd)

    def down(self, name: str) -> os.stat_result:
        """Into the directory `name`; OSError, and no move, where there is none (EXDEV where
        something is mounted)."""
        fd = open_on_mount(self.fd, name, DIRECTORY)
        found = os.fstat(fd)
        self._trail.append((name, (found.st_dev, found.st_ino)))
        self._stand(fd)
        return found

    @contextmanager
    def locating(self, *names: str) -> Iterator[None]:
        """Let OSErrors name the whole path of what `names` lead to from here."""
        try:
            yield
        except OSError as error:
            self.locate(error, *names)
            raise

    def locate(self, error: OSError, *names: str) -> None:
        """Let the error name the whole path of what `names` lead to from here.

        By the way down: the tree may be deeper than any path that the kernel could tell.
        """
        located(error, self._top, *(name for name, _ in self._trail), *names)

    def up(self) -> bool:
        """Out again. False if the directory above is no longer where it was; up() still works."""
        self._trail.pop()
        above = self._by_dots()
        if above is None:
            above = self._from_top()
        if above is None:
            return False
        self._stand(above)
        return True

    def _by_dots(self) -> int | None:
        wanted = self._trail[-1][1] if self._trail else self._top_identity
        return _open_if("..", self.fd, wanted)

    def _from_top(self) -> int | None:
        """The long way, for a directory that was moved or may not be searched."""
        fd = os.dup(self._top)
        for name, wanted in self._trail:
            below = _open_if(name, fd, wanted)
            os.close(fd)
            if below is None:
                return None
            fd = below
        return fd

    def _stand(self, fd: int) -> None:
        os.close(self.fd)
        self.fd = fd


def _open_if(name: str, directory: int, wanted: Identity) -> int | None:
    """The directory, if it can be opened and is the wanted one."""
    try:
        fd = os.open(name, DIRECTORY, dir_fd=directory)
    except OSError:
        return None
    if _identity(fd) == wanted:
        return fd
    os.close(fd)
    return None


def _identity(fd: int) -> Identity:
    found = os.fstat(fd)
    return found.st_dev, found.st_ino
