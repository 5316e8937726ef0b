"""The file of a pool: created complete or not at all, and only ever grown."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from config.faultpoints import faultpoint

from .base import StorageUnavailable
from .fds import open_by_path, path_of
from .programs import run

LABEL = b"holdfast"  # at most 12 bytes

_MIB = 2**20


@contextmanager
def provided(file: str, size: int, *, owned_like: str, preallocate: bool) -> Iterator[None]:
    """Create or grow the file to `size` bytes, and lock it for the block.

    The root directory of a new file system gets the owner and the mode of the directory `owned_like`.
    Raises StorageUnavailable or OSError.
    """
    if os.path.lexists(file):
        fd = _open_existing(file)
        try:
            _lock(fd, file)
            _check_is_pool(fd, file, size)
            _extend(fd, file, size, preallocate=preallocate)
            yield
        finally:
            os.close(fd)
        return
    fd = _open_unnamed(os.path.dirname(file))
    try:
        _lock(fd, file)
        _extend(fd, file, size, preallocate=preallocate)
        _format(fd, owned_like)
        _give_name(fd, file)
        yield
    finally:
        os.close(fd)


def _open_unnamed(directory: str) -> int:
    """Create a file that has no name until it is complete, so an interruption leaves nothing behind."""
    try:
        return os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR):
            raise
        raise StorageUnavailable(
            f"The file system of {directory} cannot hold a pool: choose a FILE on ext4, XFS or Btrfs."
        ) from error


def _give_name(fd: int, file: str) -> None:
    directory, name = os.path.split(file)
    with open_by_path(directory) as parent:
        # It does not replace a file that somebody has made meanwhile. Without descriptors of
        # directories, Python would link the link in /proc.
        os.link(path_of(fd), name, src_dir_fd=parent, dst_dir_fd=parent)
        os.fsync(parent)
    faultpoint("pool:in-place")


def _open_existing(file: str) -> int:
    if not stat.S_ISREG(os.lstat(file).st_mode):
        raise StorageUnavailable(f"{file} exists and is no regular file: choose another FILE.")
    return os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _lock(fd: int, file: str) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StorageUnavailable(
            f"Another command works on {file}: wait until it has ended."
        ) from None


def _check_is_pool(fd: int, file: str, size: int) -> None:
    superblock = os.pread(fd, 120, 0)
    if superblock[:4] != b"XFSB" or superblock[108:].rstrip(b"\0") != LABEL:
        raise StorageUnavailable(
            f"{file} exists and is no pool of Holdfast, so it stays as it is: choose another FILE."
        )
    if size < os.fstat(fd).st_size:
        has = os.fstat(fd).st_size // _MIB
        raise StorageUnavailable(
            f"The pool {file} has {has} MB, and cannot shrink: give at least that."
        )


def _extend(fd: int, file: str, size: int, *, preallocate: bool) -> None:
    before = os.fstat(fd).st_size
    added = size - before
    if added == 0:
        return
    if not preallocate:
        os.ftruncate(fd, size)
    else:
        status = os.fstatvfs(fd)
        free = status.f_bavail * status.f_frsize
        if free < added:
            raise StorageUnavailable(
                f"The disk of {file} has {free // _MIB} MB free, and the pool takes"
                f" {added // _MIB} MB: free some space, or choose a smaller --pool-size."
            )
        try:
            os.posix_fallocate(fd, before, added)
        except OSError:
            os.ftruncate(fd, before)
            raise
    os.fsync(fd)
    faultpoint("pool:extended")


def _format(fd: int, owned_like: str) -> None:
    status = os.stat(owned_like)
    mode = stat.S_IMODE(status.st_mode)
    bits = ("u" if mode & stat.S_ISUID else "-") + ("g" if mode & stat.S_ISGID else "-")
    root = f"d{bits}{mode & 0o777:03o} {status.st_uid} {status.st_gid}"
    prototype = os.memfd_create("prototype")
    try:
        os.write(prototype, f"/\n0 0\n{root}\n$\n".encode())
        # A user who can write to the file can attack the kernel that mounts it.
        os.fchown(fd, 0, 0)
        options = ["-q", "-L", LABEL.decode(), "-p", path_of(prototype)]
        run("mkfs.xfs", *options, path_of(fd), pass_fds=(prototype, fd))
    finally:
        os.close(prototype)
    os.fsync(fd)
    faultpoint("pool:formatted")
