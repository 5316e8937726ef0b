"""Preserve hard links between the files of a tree in its copy."""

import os
import secrets
from dataclasses import dataclass

from ..fds import DIRECTORY
from .removal import remove


@dataclass
class _ExtraName:
    name: str
    remaining: int


class Links:
    """Keeps an extra name of each file with several names, in a hidden directory at the copy's top.

    When the next name turns up, the first copy may be a thousand levels away, beyond PATH_MAX. The
    extra name is always one level away.
    """

    def __init__(self, top: int) -> None:
        self._top = top
        self._name = f".holdfast-{secrets.token_hex(8)}"
        self._fd: int | None = None
        self._extras: dict[tuple[int, int], _ExtraName] = {}

    def link(self, status: os.stat_result, directory: int, name: str) -> bool:
        """Link the copy under this name. Return False if no earlier name was copied."""
        identity = status.st_dev, status.st_ino
        extra = self._extras.get(identity)
        if extra is None or self._fd is None:
            return False
        if extra.remaining > 1:
            extra.remaining -= 1
            os.link(
                extra.name, name, src_dir_fd=self._fd, dst_dir_fd=directory, follow_symlinks=False
            )
        else:
            # The last name: a move of the extra name gives the copy the source's number of links.
            del self._extras[identity]
            os.rename(extra.name, name, src_dir_fd=self._fd, dst_dir_fd=directory)
        return True

    def remember(self, status: os.stat_result, directory: int, name: str) -> None:
        """Keep an extra name of the copy if the file has more names."""
        if status.st_nlink < 2:
            return
        if self._fd is None:
            os.mkdir(self._name, 0o700, dir_fd=self._top)
            self._fd = os.open(self._name, DIRECTORY, dir_fd=self._top)
        extra = _ExtraName(secrets.token_hex(8), status.st_nlink - 1)
        os.link(name, extra.name, src_dir_fd=directory, dst_dir_fd=self._fd, follow_symlinks=False)
        self._extras[status.st_dev, status.st_ino] = extra

    def close(self) -> None:
        """Remove the extra names."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
            remove(self._top, self._name)
