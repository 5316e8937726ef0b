"""Marks: they tell a volume's data or a snapshot from a directory that only has its name.

A mark is an empty file in the volume's directory, `.<name>.mark.<identity>`. All information is in
its name, so creation is atomic, and an fsync of the directory makes it durable. It is not inside
the data, because some applications refuse a directory that is not empty, and the data may belong to
another user than the server's.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress

from .identity import TEXT, Identity

_NAME = re.compile(rf"\.[^.]+\.mark\.{TEXT}")
_MODE = stat.S_IFREG | 0o600


def write(volume: int, name: str, fd: int, since: float | None = None) -> None:
    """Mark the directory of `fd` as `name`, the name that it has or gets by a rename.

    `since` is when the copy of its content began, in seconds since the epoch. The mark keeps it as
    its own modification time. The mark is durable after an fsync of `volume`.
    """
    file = _file(name, Identity.of(fd))
    with suppress(FileExistsError):
        os.mknod(file, _MODE, dir_fd=volume)
    if since is not None:
        os.utime(file, (since, since), dir_fd=volume, follow_symlinks=False)


def since(volume: int, name: str, fd: int) -> float:
    """Return the time in the mark of the directory of `fd`, in seconds since the epoch.

    For data without a mark, restored by hand, return the directory's modification time.
    """
    try:
        file = _file(name, Identity.of(fd))
        return os.stat(file, dir_fd=volume, follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return os.fstat(fd).st_mtime


def is_marked(volume: int, name: str, fd: int) -> bool:
    """Return whether the directory of `fd` is the one that was marked as `name`."""
    identity = Identity.of(fd)
    try:
        return stat.S_ISREG(
            os.stat(_file(name, identity), dir_fd=volume, follow_symlinks=False).st_mode
        )
    except FileNotFoundError:
        marks = (Identity.parse(file.removeprefix(_prefix(name))) for file in _list(volume, name))
        return any(mark is not None and identity.agrees_with(mark) for mark in marks)


def is_name(name: str) -> bool:
    """Return whether `name` is the name of a mark."""
    return _NAME.fullmatch(name) is not None


def clear(volume: int, name: str, *, keep: int | None = None) -> None:
    """Remove the marks of `name`, except the one of the directory of `keep`."""
    kept_file = None if keep is None else _file(name, Identity.of(keep))
    for file in list(_list(volume, name)):
        if file != kept_file:
            with suppress(FileNotFoundError):
                os.unlink(file, dir_fd=volume)


def _list(volume: int, name: str) -> Iterator[str]:
    # A descriptor of O_PATH cannot be listed, but its "." can be opened for that.
    fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=volume)
    try:
        yield from (file for file in os.listdir(fd) if file.startswith(_prefix(name)))
    finally:
        os.close(fd)


def _file(name: str, identity: Identity) -> str:
    return f"{_prefix(name)}{identity}"


def _prefix(name: str) -> str:
    return f".{name}.mark."
