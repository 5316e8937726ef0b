"""Calls of Linux that Python does not have."""

import ctypes
import errno
import fcntl
import os
import struct
import sys
from functools import lru_cache
from typing import TypeVar

Fact = TypeVar("Fact")

_libc = ctypes.CDLL(None, use_errno=True)
_RENAME_NOREPLACE = 1
_FICLONE = 0x40049409
_AT_EMPTY_PATH = 0x1000
_STATX_INO = 0x100
_STATX_BTIME = 0x800
_MAX_HANDLE = 128
_OPENAT2 = 437  # on every architecture
_RESOLVE_NO_XDEV = 0x01

# The file system, or the C library, does not know the call.
_UNKNOWN = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
# Neither the file system nor a container's filter may answer; then there is no such fact.
_NO_ANSWER = _UNKNOWN | {errno.EPERM, errno.EACCES, errno.EOVERFLOW}


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


class _Statx(ctypes.Structure):
    """Of `struct statx`, what is used here."""

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


def inode_and_birth(fd: int) -> tuple[int, int]:
    """The inode's number, and when it was made: nanoseconds since the epoch, 0 where not known."""
    call = getattr(_libc, "statx", None)
    answer = _Statx()
    wanted = _STATX_INO | _STATX_BTIME
    if call is None or call(fd, b"", _AT_EMPTY_PATH, wanted, ctypes.byref(answer)) != 0:
        return _no_answer(call, (os.fstat(fd).st_ino, 0))
    inode = answer.inode if answer.known & _STATX_INO else os.fstat(fd).st_ino
    born = answer.born_seconds * 10**9 + answer.born_nanoseconds
    return inode, born if answer.known & _STATX_BTIME else 0


def file_handle(fd: int) -> bytes:
    """What a file server would call the inode, its generation included; empty where unknown.

    File systems reuse inode numbers at once; the generation tells the old inode from the new one.
    """
    call = getattr(_libc, "name_to_handle_at", None)
    handle = ctypes.create_string_buffer(struct.pack("=Ii", _MAX_HANDLE, 0), 8 + _MAX_HANDLE)
    mount = ctypes.c_int()
    if call is None or call(fd, b"", handle, ctypes.byref(mount), _AT_EMPTY_PATH) != 0:
        return _no_answer(call, b"")
    # struct file_handle: the number of bytes, their type, the bytes.
    (length,) = struct.unpack_from("=I", handle, 0)
    return handle.raw[4 : 8 + length]


def _no_answer(call: object, nothing: Fact) -> Fact:
    if call is not None and ctypes.get_errno() not in _NO_ANSWER:
        _raise()
    return nothing


def clone_content(source: int, target: int) -> bool:
    """Share the blocks of a file with another one; False where that is not possible.

    Whatever the errno: file systems refuse it with many (EOPNOTSUPP, EXDEV, EINVAL, ENOTTY, ENOSYS,
    EBADF, ETXTBSY, EPERM under seccomp, EIO on some network file systems). If there is more to it,
    reading and writing the content says so.
    """
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


def open_on_mount(directory: int, name: str, flags: int) -> int:
    """Open `name` in `directory`; OSError (EXDEV) if something is mounted there, a file included."""
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
    """Linux has it from 5.6 on; a seccomp filter may still refuse it."""
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
    """Which mount `fd` is reached through. Two mounts of one file system differ."""
    with open(f"/proc/self/fdinfo/{fd}") as lines:
        return next((line for line in lines if line.startswith("mnt_id:")), "")


def _raise(name: str | None = None) -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), name)
