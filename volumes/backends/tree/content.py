"""The bytes of one file, its holes kept."""

import errno
import os
from collections.abc import Iterator

from ..linux import clone_content

_CHUNK = 16 * 2**20


def copy_content(source: int, target: int) -> None:
    """As `cp --reflink=auto`: shared blocks where the file system can, else what is not a hole.

    Shortcuts fail for many reasons that say nothing about the file: the call is unknown (ENOSYS,
    EPERM under seccomp), the file systems differ or cannot (EXDEV, EINVAL, EOPNOTSUPP, ETXTBSY,
    EBADF, EACCES), a network file system is confused (EIO, ENOENT). So a shortcut that fails is
    never an error: the same bytes are read and written, which tells a broken disk and a full one.
    """
    if clone_content(source, target):
        return
    # As long as it is now: one that grows as fast as it is read would never end.
    size = os.fstat(source).st_size
    for start, end in _extents(source, size):
        _copy_range(source, target, start, end)
    # A hole at the end; or shorter, if it was cut while it was read.
    os.ftruncate(target, min(size, os.fstat(source).st_size))


def _extents(fd: int, size: int) -> Iterator[tuple[int, int]]:
    """Where there are bytes between holes."""
    end = 0
    while end < size:
        try:
            start = os.lseek(fd, end, os.SEEK_DATA)
            hole = os.lseek(fd, start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            # A file system that knows no holes.
            start, hole = end, size
        # One that answers nonsense must not keep this busy for ever.
        end = min(hole, size) if hole > start else size
        if start < end:
            yield start, end


def _copy_range(source: int, target: int, start: int, end: int) -> None:
    while start < end:
        count = min(end - start, _CHUNK)
        copied = _copied_by_kernel(source, target, start, count) or _copied_by_hand(
            source, target, start, count
        )
        if not copied:
            return  # it was cut while it was read
        start += copied


def _copied_by_kernel(source: int, target: int, start: int, count: int) -> int:
    """How many bytes it copied; 0 if it copies none, as some file systems say of a full file."""
    try:
        return os.copy_file_range(source, target, count, start, start)
    except OSError:
        return 0


def _copied_by_hand(source: int, target: int, start: int, count: int) -> int:
    return os.pwrite(target, os.pread(source, count, start), start)
