"""Metadata of a file: owner, extended attributes, mode and times."""

import errno
import os
import stat
from dataclasses import dataclass
from typing import Self

# A descriptor, or the path in /proc of a descriptor of O_PATH.
Target = int | str

_NO_XATTRS = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EACCES})


@dataclass(frozen=True)
class Facts:
    stat: os.stat_result
    xattrs: dict[str, bytes]

    @classmethod
    def of(cls, target: Target) -> Self:
        return cls(os.stat(target), _xattrs(target))

    def apply(self, target: Target) -> None:
        """Set the metadata of `target`. Do this last: a write would change the times again."""
        # The order matters: chown clears suid, sgid and capabilities, and a mode that is set before
        # the access list would cut it.
        mode = stat.S_IMODE(self.stat.st_mode)
        if not self._gave_owner(target):
            # suid and sgid must not lend the rights of another owner.
            mode &= ~(stat.S_ISUID | stat.S_ISGID)
        for name, value in self.xattrs.items():
            _set_xattr(target, name, value)
        if not stat.S_ISLNK(self.stat.st_mode):
            os.chmod(target, mode)
        os.utime(target, ns=(self.stat.st_atime_ns, self.stat.st_mtime_ns))

    def _gave_owner(self, target: Target) -> bool:
        try:
            os.chown(target, self.stat.st_uid, self.stat.st_gid)
        except PermissionError:
            if os.geteuid() == 0:
                raise
            return False
        return True


def _xattrs(target: Target) -> dict[str, bytes]:
    try:
        names = os.listxattr(target)
    except OSError as error:
        if error.errno not in _NO_XATTRS:
            raise
        return {}
    values = {}
    for name in names:
        try:
            values[name] = os.getxattr(target, name)
        except OSError as error:
            # The attribute was removed meanwhile, or the server may list but not read it.
            if error.errno != errno.ENODATA and error.errno not in _NO_XATTRS:
                raise
    return values


def _set_xattr(target: Target, name: str, value: bytes) -> None:
    try:
        os.setxattr(target, name, value)
    except OSError as error:
        is_required = name.startswith(("user.", "system."))
        if error.errno == errno.ENOTSUP or (error.errno in _NO_XATTRS and not is_required):
            # The system decides about security labels and capabilities, as for cp.
            return
        raise
