"""Project quotas of ext4 and XFS: the system calls.

A project is a number that inodes carry. The file system counts the blocks of each project and refuses
writes beyond the project's limit. A directory with the inherit flag gives its project to everything
that is created in it. Both file systems understand the calls that XFS introduced (quotactl(2), Q_X…).

A limit and another project's usage need CAP_SYS_ADMIN. The project of an inode needs only its owner.
"""

import ctypes
import errno
import fcntl
import os
import stat
import struct
from dataclasses import dataclass
from functools import lru_cache

from .mounts import mount_of

_libc = ctypes.CDLL(None, use_errno=True)

_QUOTACTL_FD = 443  # on every architecture, since Linux 5.14
_PROJECTS = 2  # PRJQUOTA: the kind of quota
_Q_XGETQUOTA = 0x5803
_Q_XSETQLIM = 0x5804
_Q_XGETQSTATV = 0x5808
_Q_XGETNEXTQUOTA = 0x5809

_FS_IOC_FSGETXATTR = 0x801C581F
_FS_IOC_FSSETXATTR = 0x401C5820
_INHERIT = 0x200  # FS_XFLAG_PROJINHERIT

_COUNTS = 0x10  # FS_QUOTA_PDQ_ACCT
_ENFORCES = 0x20  # FS_QUOTA_PDQ_ENFD
_BLOCK = 512  # bytes: quotas count in basic blocks

# struct fsxattr: flags, extent size, number of extents, project, extent size of copies, padding.
_ATTRIBUTES = struct.Struct("=IIIII8x")

# The kernel or the file system has no such call, or no quotas.
_UNSUPPORTED = frozenset(
    {errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTTY, errno.ENODEV, errno.ENOTBLK}
)
_NOTHING = frozenset({errno.ENOENT, errno.ESRCH})


class _DiskQuota(ctypes.Structure):
    """struct fs_disk_quota (linux/dqblk_xfs.h). Blocks have 512 bytes."""

    _fields_ = (
        ("version", ctypes.c_int8),
        ("flags", ctypes.c_int8),
        ("fieldmask", ctypes.c_uint16),
        ("id", ctypes.c_uint32),
        ("hard_blocks", ctypes.c_uint64),
        ("soft_blocks", ctypes.c_uint64),
        ("hard_inodes", ctypes.c_uint64),
        ("soft_inodes", ctypes.c_uint64),
        ("blocks", ctypes.c_uint64),
        ("inodes", ctypes.c_uint64),
        ("_timers_and_realtime", ctypes.c_char * 56),
    )


class _Statistics(ctypes.Structure):
    """struct fs_quota_statv: which quotas are on."""

    _fields_ = (
        ("version", ctypes.c_int8),
        ("_1", ctypes.c_uint8),
        ("flags", ctypes.c_uint16),
        ("_2", ctypes.c_char * 252),
    )


@dataclass(frozen=True)
class Quota:
    """What the file system knows about a project, in bytes."""

    project: int
    used: int
    limit: int
    """0 if there is none."""
    inodes: int

    @property
    def is_in_use(self) -> bool:
        return bool(self.used or self.limit or self.inodes)


@dataclass(frozen=True)
class Status:
    """Whether the file system counts project quotas, and whether it enforces them."""

    counts: bool
    enforces: bool


def status(fd: int) -> Status:
    """Return the status of project quotas on the file system of `fd`. Needs no privileges."""
    statistics = _Statistics(version=1)
    try:
        _quotactl(fd, _Q_XGETQSTATV, 0, statistics)
    except OSError as error:
        if error.errno not in _UNSUPPORTED | _NOTHING:
            raise
        return Status(False, False)
    return Status(bool(statistics.flags & _COUNTS), bool(statistics.flags & _ENFORCES))


def get(fd: int, project: int) -> Quota:
    """Return the quota of the project; zeros if the file system knows nothing about it."""
    found = _DiskQuota()
    try:
        _quotactl(fd, _Q_XGETQUOTA, project, found)
    except OSError as error:
        if error.errno not in _NOTHING:
            raise
    return _quota(project, found)


def get_next(fd: int, project: int) -> Quota | None:
    """Return the quota of the first project whose number is at least `project`, None if there is none.

    ext4 keeps the lower digits of `project` when it skips a part of its tree of projects. So a listing
    begins at a multiple of 2**24, and goes on from the number after the last one found.
    """
    found = _DiskQuota()
    try:
        _quotactl(fd, _Q_XGETNEXTQUOTA, project, found)
    except OSError as error:
        if error.errno not in _NOTHING:
            raise
        return None
    return _quota(found.id, found)


def set_limit(fd: int, project: int, limit: int) -> None:
    """Let the project use `limit` bytes, 0 for any number. What it uses already stays."""
    blocks = -(-limit // _BLOCK)
    # FS_DQ_BSOFT | FS_DQ_BHARD. Without a soft limit, `df` shows the hard one.
    wanted = _DiskQuota(version=1, flags=_PROJECTS, fieldmask=0xC, id=project, hard_blocks=blocks)
    _quotactl(fd, _Q_XSETQLIM, project, wanted)


def project_of(fd: int) -> tuple[int, bool]:
    """Return the project of the inode, and whether new entries inherit it. (0, False) if unsupported."""
    attributes = bytearray(_ATTRIBUTES.size)
    try:
        fcntl.ioctl(fd, _FS_IOC_FSGETXATTR, attributes)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        return 0, False
    flags, _, _, project, _ = _ATTRIBUTES.unpack(attributes)
    return project, bool(flags & _INHERIT)


def set_project(fd: int, project: int) -> None:
    """Give the file or directory to the project. What is created in a directory later inherits it."""
    attributes = bytearray(_ATTRIBUTES.size)
    fcntl.ioctl(fd, _FS_IOC_FSGETXATTR, attributes)
    flags, extent, extents, _, copies = _ATTRIBUTES.unpack(attributes)
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        flags |= _INHERIT
    _ATTRIBUTES.pack_into(attributes, 0, flags, extent, extents, project, copies)
    fcntl.ioctl(fd, _FS_IOC_FSSETXATTR, attributes)


def _quota(project: int, found: _DiskQuota) -> Quota:
    return Quota(project, found.blocks * _BLOCK, found.hard_blocks * _BLOCK, found.inodes)


def _quotactl(fd: int, command: int, project: int, argument: ctypes.Structure) -> None:
    operation = command << 8 | _PROJECTS
    address = ctypes.byref(argument)
    if _has_quotactl_fd():
        result = _libc.syscall(
            _QUOTACTL_FD, fd, ctypes.c_uint32(operation), ctypes.c_uint32(project), address
        )
    else:
        mount = mount_of(fd)
        device = os.fsencode(mount.source if mount else "")
        result = _libc.quotactl(operation, device, ctypes.c_uint32(project), address)
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@lru_cache(maxsize=1)
def _has_quotactl_fd() -> bool:
    """Return whether the call exists: a bad descriptor is an error of its own."""
    _libc.syscall(_QUOTACTL_FD, -1, 0, 0, None)
    return ctypes.get_errno() == errno.EBADF
