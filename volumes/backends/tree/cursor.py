"""A position in a tree, with one descriptor at any depth."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from ..fds import DIRECTORY, locate
from ..linux import open_on_mount

Identity = tuple[int, int]


class Cursor:
    """Moves down by name and up by "..", and verifies each move up.

    An application may move a directory while the cursor is in it. ".." then leads elsewhere,
    possibly out of the tree. So each move up is compared with the directory passed on the way down.
    The cursor never leaves the mount of the top.
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
        """Enter the directory `name`, and return its status.

        Raises OSError without moving if there is no such directory, EXDEV if it is a mount point.
        """
        fd = open_on_mount(self.fd, name, DIRECTORY)
        status = os.fstat(fd)
        self._trail.append((name, (status.st_dev, status.st_ino)))
        self._replace_fd(fd)
        return status

    @contextmanager
    def locating(self, *names: str) -> Iterator[None]:
        """Give OSErrors of the block the full path of `names` below the cursor."""
        try:
            yield
        except OSError as error:
            self.locate(error, *names)
            raise

    def locate(self, error: OSError, *names: str) -> None:
        """Set the error's file name to the full path of `names` below the cursor.

        The path is that of the way down: the tree may be deeper than the kernel can report.
        """
        locate(error, self._top, *(name for name, _ in self._trail), *names)

    def up(self) -> bool:
        """Enter the parent. Return False if it has moved; the next up() still works."""
        self._trail.pop()
        above = self._open_parent()
        if above is None:
            above = self._reopen_from_top()
        if above is None:
            return False
        self._replace_fd(above)
        return True

    def _open_parent(self) -> int | None:
        wanted = self._trail[-1][1] if self._trail else self._top_identity
        return _open_if("..", self.fd, wanted)

    def _reopen_from_top(self) -> int | None:
        """Reopen the parent from the top, for a directory that was moved or may not be searched."""
        fd = os.dup(self._top)
        for name, wanted in self._trail:
            below = _open_if(name, fd, wanted)
            os.close(fd)
            if below is None:
                return None
            fd = below
        return fd

    def _replace_fd(self, fd: int) -> None:
        os.close(self.fd)
        self.fd = fd


def _open_if(name: str, directory: int, wanted: Identity) -> int | None:
    """Return a descriptor if `name` can be opened and is the wanted directory, else None."""
    try:
        fd = os.open(name, DIRECTORY, dir_fd=directory)
    except OSError:
        return None
    if _identity(fd) == wanted:
        return fd
    os.close(fd)
    return None


def _identity(fd: int) -> Identity:
    status = os.fstat(fd)
    return status.st_dev, status.st_ino
