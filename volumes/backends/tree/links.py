"""Hard links between the files of one tree, kept in its copy."""

import os
import secrets
from dataclasses import dataclass

from ..fds import DIRECTORY
from .removal import remove


@dataclass
class _Held:
    name: str
    left: int


class Links:
    """Each file of several names is held by one more, in a hidden directory at the copy's top.

    The first copy may be a thousand levels away by the time the next name turns up, too far for a
    path; its extra name is always one step away.
    """

    def __init__(self, top: int) -> None:
        self._top = top
        self._name = f".holdfast-{secrets.token_hex(8)}"
        self._fd: int | None = None
        self._held: dict[tuple[int, int], _Held] = {}

    def placed(self, found: os.stat_result, directory: int, name: str) -> bool:
        """Give the file this name too, if an earlier name of it was copied."""
        identity = found.st_dev, found.st_ino
        held = self._held.get(identity)
        if held is None or self._fd is None:
            return False
        if held.left > 1:
            held.left -= 1
            os.link(
                held.name, name, src_dir_fd=self._fd, dst_dir_fd=directory, follow_symlinks=False
            )
        else:
            # The last name: moving the extra one there keeps to the same number of links.
            del self._held[identity]
            os.rename(held.name, name, src_dir_fd=self._fd, dst_dir_fd=directory)
        return True

    def hold(self, found: os.stat_result, directory: int, name: str) -> None:
        """Remember the copy of a file that has more names."""
        if found.st_nlink < 2:
            return
        if self._fd is None:
            os.mkdir(self._name, 0o700, dir_fd=self._top)
            self._fd = os.open(self._name, DIRECTORY, dir_fd=self._top)
        held = _Held(secrets.token_hex(8), found.st_nlink - 1)
        os.link(name, held.name, src_dir_fd=directory, dst_dir_fd=self._fd, follow_symlinks=False)
        self._held[found.st_dev, found.st_ino] = held

    def close(self) -> None:
        """Take the extra names away again."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
            remove(self._top, self._name)
