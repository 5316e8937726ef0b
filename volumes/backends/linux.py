"""Three calls of Linux that Python has not."""

import ctypes
import errno
import fcntl
import os

_libc = ctypes.CDLL(None, use_errno=True)
_RENAME_NOREPLACE = 1
_FICLONE = 0x40049409

# The file system, or the C library, does not know the call.
_UNKNOWN = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_CANNOT_CLONE = frozenset(
    {errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.ETXTBSY}
)


def syncfs(fd: int) -> None:
    """Write everything of this file system to the disk: one call for a tree of any size."""
    if _libc.syncfs(fd) != 0:
        _raise()


def rename_new(name: str, source: int, new_name: str, target: int) -> None:
    """Rename; FileExistsError where something is, which rename(2) may silently replace."""
    call = getattr(_libc, "renameat2", None)
    try:
        if call is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        names = os.fsencode(name), os.fsencode(new_name)
        if call(source, names[0], target, names[1], _RENAME_NOREPLACE) != 0:
            _raise(name)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
        _rename_unless_there(name, source, new_name, target)


def _rename_unless_there(name: str, source: int, new_name: str, target: int) -> None:
    """The same where the kernel cannot promise it (NFS): a moment is left open."""
    try:
        os.stat(new_name, dir_fd=target, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_name)


def clone_content(source: int, target: int) -> bool:
    """Share the blocks of a file with another one; False where the file system cannot."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno not in _CANNOT_CLONE:
            raise
        return False
    return True


def _raise(name: str | None = None) -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), name)
