"""Linux system calls that Python does not wrap."""

import ctypes
import errno
import fcntl
import os
import struct
import sys
from functools import lru_cache
from typing import TypeVar

ValueT = TypeVar("ValueT")

_libc = ctypes.CDLL(None, use_errno=True)
_RENAME_NOREPLACE = 1
_FICLONE = 0x40049409
_AT_EMPTY_PATH = 0x1000
_STATX_INO = 0x100
_STATX_BTIME = 0x800
_MAX_HANDLE = 128
_OPENAT2 = 437  # on every architecture
_RESOLVE_NO_XDEV = 0x01

# The file system or the C library does not support the call.
_UNKNOWN = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
# The file system or a container's seccomp filter refuses to answer: the value is unknown.
_NO_ANSWER = _UNKNOWN | {errno.EPERM, errno.EACCES, errno.EOVERFLOW}


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


class _Statx(ctypes.Structure):
    """The fields of `struct statx` that are used here."""

    _fields_ = (
        ("known", ctypes.c_uint32),
        ("_1", ctypes.c_char * 28),
        ("inode", ctypes.c_uint64),
        ("_2", ctypes.c_char * 40),
        ("born_seconds", ctypes.c_int64),
        ("born_nanoseconds", ctypes.c_uint32),
        ("_3", ctypes.c_char * 164),
    )


def syncfs(fd: int) -> None:
    """Write the whole file system to the disk: one call for a tree of any size."""
    if _libc.syncfs(fd) != 0:
        _raise()


def rename_new(name: str, source: int, new_name: str, target: int) -> None:
    """Rename. Raises FileExistsError if the new name is taken; rename(2) might replace it."""
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
    """Check, then rename, for file systems without RENAME_NOREPLACE (NFS). Not atomic."""
    try:
        os.stat(new_name, dir_fd=target, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_name)


def inode_and_birth(fd: int) -> tuple[int, int]:
    """Return the inode number and the birth time in nanoseconds since the epoch, 0 if unknown."""
    call = getattr(_libc, "statx", None)
    result = _Statx()
    wanted = _STATX_INO | _STATX_BTIME
    if call is None or call(fd, b"", _AT_EMPTY_PATH, wanted, ctypes.byref(result)) != 0:
        return _unless_refused(call, (os.fstat(fd).st_ino, 0))
    inode = result.inode if result.known & _STATX_INO else os.fstat(fd).st_ino
    born = result.born_seconds * 10**9 + result.born_nanoseconds
    return inode, born if result.known & _STATX_BTIME else 0


def file_handle(fd: int) -> bytes:
    """Return the kernel's file handle of the inode, with its generation; empty if unknown.

    File systems reuse inode numbers at once. The generation distinguishes old and new inode.
    """
    call = getattr(_libc, "name_to_handle_at", None)
    handle = ctypes.create_string_buffer(struct.pack("=Ii", _MAX_HANDLE, 0), 8 + _MAX_HANDLE)
    mount = ctypes.c_int()
    if call is None or call(fd, b"", handle, ctypes.byref(mount), _AT_EMPTY_PATH) != 0:
        return _unless_refused(call, b"")
    # struct file_handle: the number of bytes, their type, the bytes.
    (length,) = struct.unpack_from("=I", handle, 0)
    return handle.raw[4 : 8 + length]


def _unless_refused(call: object, default: ValueT) -> ValueT:
    if call is not None and ctypes.get_errno() not in _NO_ANSWER:
        _raise()
    return default


def clone_content(source: int, target: int) -> bool:
    """Share the blocks of a file with another one. Return False if that fails with any errno.

    File systems refuse it with many (EOPNOTSUPP, EXDEV, EINVAL, ENOTTY, ENOSYS, EBADF, ETXTBSY,
    EPERM under seccomp, EIO on some network file systems). A real fault shows again when the
    content is read and written.
    """
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


def open_on_mount(directory: int, name: str, flags: int) -> int:
    """Open `name` in `directory`. Raises OSError (EXDEV) if it is a mount point, even of a file."""
    if not _has_openat2():
        return _open_and_compare(directory, name, flags)
    sys.audit("open", name, None, flags)
    return _openat2(directory, name, flags)


def _openat2(directory: int, name: str, flags: int) -> int:
    how = _OpenHow(flags, 0, _RESOLVE_NO_XDEV)
    encoded = os.fsencode(name)
    while True:
        fd: int = _libc.syscall(_OPENAT2, directory, encoded, ctypes.byref(how), ctypes.sizeof(how))
        if fd >= 0:
            return fd
        if ctypes.get_errno() != errno.EINTR:
            _raise(name)


@lru_cache(maxsize=1)
def _has_openat2() -> bool:
    """Return whether openat2 works: Linux has it since 5.6, but a seccomp filter may refuse it."""
    try:
        os.close(_openat2(-1, "/", os.O_PATH | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _open_and_compare(directory: int, name: str, flags: int) -> int:
    fd = os.open(name, flags, dir_fd=directory)
    if mount_id(fd) == mount_id(directory):
        return fd
    os.close(fd)
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), name)


def mount_id(fd: int) -> str:
    """Return the id of the mount of `fd`. Two mounts of one file system differ."""
    with open(f"/proc/self/fdinfo/{fd}") as lines:
        return next((line for line in lines if line.startswith("mnt_id:")), "")


def _raise(name: str | None = None) -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), name)
