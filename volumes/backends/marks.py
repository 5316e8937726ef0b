"""Marks: which directory is a volume's data, or a snapshot, and which only has its name.

A mark is an empty file in the volume's directory, `.<name>.mark.<identity>`. Its name says
everything, so it is there whole or not at all, and an fsync of the directory makes it durable. It
does not lie in the data: applications refuse a directory that is not empty, and the data may belong
to another user than the server's.
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
    """Mark the directory behind `fd` as what `name` is, or becomes by a rename.

    `since` is when its content began to be copied: the mark keeps it as its own time. Durable once
    the volume's directory is on the disk.
    """
    file = _file(name, Identity.of(fd))
    with suppress(FileExistsError):
        os.mknod(file, _MODE, dir_fd=volume)
    if since is not None:
        os.utime(file, (since, since), dir_fd=volume, follow_symlinks=False)


def since(volume: int, name: str, fd: int) -> float:
    """The time that the mark of the directory behind `fd` keeps, in seconds since the epoch.

    Of data without a mark, restored by hand, it is when the directory was changed last.
    """
    try:
        file = _file(name, Identity.of(fd))
        return os.stat(file, dir_fd=volume, follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return os.fstat(fd).st_mtime


def is_marked(volume: int, name: str, fd: int) -> bool:
    """Whether the directory behind `fd` is the one that was marked as `name`."""
    identity = Identity.of(fd)
    try:
        return stat.S_ISREG(
            os.stat(_file(name, identity), dir_fd=volume, follow_symlinks=False).st_mode
        )
    except FileNotFoundError:
        marks = (Identity.parsed(file.removeprefix(_prefix(name))) for file in _of(volume, name))
        return any(mark is not None and identity.agrees_with(mark) for mark in marks)


def is_name(name: str) -> bool:
    """Is it the name of a mark, whatever it marks?"""
    return _NAME.fullmatch(name) is not None


def clear(volume: int, name: str, *, keep: int | None = None) -> None:
    """Remove the marks of `name`, but for the one of the directory behind `keep`."""
    kept = None if keep is None else _file(name, Identity.of(keep))
    for file in list(_of(volume, name)):
        if file != kept:
            with suppress(FileNotFoundError):
                os.unlink(file, dir_fd=volume)


def _of(volume: int, name: str) -> Iterator[str]:
    # A descriptor of O_PATH cannot be listed; "." of it can.
    fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=volume)
    try:
        yield from (file for file in os.listdir(fd) if file.startswith(_prefix(name)))
    finally:
        os.close(fd)


def _file(name: str, identity: Identity) -> str:
    return f"{_prefix(name)}{identity}"


def _prefix(name: str) -> str:
    return f".{name}.mark."
