"""The bytes of one file, its holes kept."""

import errno
import os
from collections.abc import Iterator

from ..linux import clone_content

_CHUNK = 16 * 2**20
_NO_SHORT_CUT = frozenset({errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS})


def copy_content(source: int, target: int) -> None:
    """As `cp --reflink=auto`: shared blocks where the file system can, else what is not a hole."""
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
            end = min(os.lseek(fd, start, os.SEEK_HOLE), size)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            if error.errno != errno.EINVAL:
                raise
            # A file system that knows no holes.
            start, end = end, size
        if start < end:
            yield start, end
        end = max(start, end)


def _copy_range(source: int, target: int, start: int, end: int) -> None:
    while start < end:
        count = min(end - start, _CHUNK)
        try:
            copied = os.copy_file_range(source, target, count, start, start)
        except OSError as error:
            if error.errno not in _NO_SHORT_CUT:
                raise
            copied = os.pwrite(target, os.pread(source, count, start), start)
        if copied == 0:
            return
        start += copied
