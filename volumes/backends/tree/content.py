"""Copy the bytes of one file and preserve its holes."""

import errno
import os
from collections.abc import Iterator

from ..linux import clone_content

_CHUNK = 16 * 2**20  # bytes


def copy_content(source: int, target: int) -> None:
    """Copy as `cp --reflink=auto` does: share blocks if the file system can, else copy the extents.

    Shortcuts fail for many reasons unrelated to the file: the call is unsupported (ENOSYS, EPERM
    under seccomp), the file systems differ or cannot (EXDEV, EINVAL, EOPNOTSUPP, ETXTBSY, EBADF,
    EACCES), or a network file system is confused (EIO, ENOENT). So a failed shortcut is never an
    error: the bytes are then read and written, which reports a broken or full disk.
    """
    if clone_content(source, target):
        return
    # Copy up to the present size: a file that grows as fast as it is read would never end.
    size = os.fstat(source).st_size
    for start, end in _extents(source, size):
        _copy_range(source, target, start, end)
    # Recreate a hole at the end, or shorten the copy if the source was truncated meanwhile.
    os.ftruncate(target, min(size, os.fstat(source).st_size))


def _extents(fd: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each extent of data between holes."""
    end = 0
    while end < size:
        try:
            start = os.lseek(fd, end, os.SEEK_DATA)
            hole = os.lseek(fd, start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            # The file system does not support holes.
            start, hole = end, size
        # A file system that returns nonsense must not cause an endless loop.
        end = min(hole, size) if hole > start else size
        if start < end:
            yield start, end


def _copy_range(source: int, target: int, start: int, end: int) -> None:
    while start < end:
        count = min(end - start, _CHUNK)
        copied = _kernel_copy(source, target, start, count) or _plain_copy(
            source, target, start, count
        )
        if not copied:
            return  # the file was truncated meanwhile
        start += copied


def _kernel_copy(source: int, target: int, start: int, count: int) -> int:
    """Return the number of bytes copied; 0 on failure. Some file systems return 0 for any file."""
    try:
        return os.copy_file_range(source, target, count, start, start)
    except OSError:
        return 0


def _plain_copy(source: int, target: int, start: int, count: int) -> int:
    return os.pwrite(target, os.pread(source, count, start), start)
