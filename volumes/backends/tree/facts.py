"""What belongs to a file besides its content: owner, attributes, mode, times."""

import errno
import os
import stat
from dataclasses import dataclass
from typing import Self

# A descriptor, or the path in /proc of one that was opened by O_PATH only.
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
        """Give all this to `target`, last of all: writing to it would change the times again."""
        # This order: changing the owner clears suid, sgid and capabilities, and an access list
        # would be cut by a mode set before it.
        mode = stat.S_IMODE(self.stat.st_mode)
        if not self._gave_owner(target):
            # Bits that lend the owner's rights must not lend those of another owner.
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
    found = {}
    for name in names:
        try:
            found[name] = os.getxattr(target, name)
        except OSError as error:
            # Removed meanwhile, or one that the server may list but not read.
            if error.errno != errno.ENODATA and error.errno not in _NO_XATTRS:
                raise
    return found


def _set_xattr(target: Target, name: str, value: bytes) -> None:
    try:
        os.setxattr(target, name, value)
    except OSError as error:
        ours = name.startswith(("user.", "system."))
        if error.errno == errno.ENOTSUP or (error.errno in _NO_XATTRS and not ours):
            # Labels and capabilities are the system's to give, as with cp.
            return
        raise
