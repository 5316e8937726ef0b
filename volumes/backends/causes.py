"""The meaning of each errno: a cause for tenants, and a cause with its cure for operators."""

import errno
import os
from dataclasses import dataclass

from .privileges import missing_capabilities


@dataclass(frozen=True)
class Cause:
    """Two texts without the path. The tenant's text names no command and no host path."""

    tenant: str
    operator: str


class DeviceError(PermissionError):
    """This process may not copy a device file."""


_DEVICE = Cause(
    "it is a device, which the server may not copy; remove it, or ask the operator",
    "it is a device, which only a server with CAP_MKNOD may copy; remove it, or give it that",
)

_GONE = Cause(
    "its file system does not answer any more; ask the operator",
    "its file system does not answer any more; mount it again",
)

_CAUSES = {
    errno.ENOSPC: Cause(
        "the disk is full; free some space or ask the operator for more",
        "the disk is full; free some space or use a larger one",
    ),
    errno.EDQUOT: Cause(
        "the disk quota is used up; free some space or ask the operator for more",
        "a quota of the disk (of the server's user, or of a project that STORAGE_ROOT belongs to) is"
        " used up; it is no volume's size; free some space or raise the quota",
    ),
    errno.EROFS: Cause(
        "the file system is read-only; ask the operator",
        "the file system is read-only; check the disk and mount it read-write",
    ),
    errno.EMFILE: Cause(
        "the server has too many files open; it is tried again later",
        "the server has too many files open; raise its limit (ulimit -n)",
    ),
    errno.ENFILE: Cause(
        "the server has too many files open; it is tried again later",
        "this machine has too many files open; raise its limit (fs.file-max)",
    ),
    errno.ENOMEM: Cause(
        "the server is out of memory; it is tried again later",
        "this machine is out of memory; it is tried again later",
    ),
    errno.EIO: Cause(
        "the disk reports an input/output error; ask the operator",
        "the disk reports an input/output error; check its health",
    ),
    errno.EBUSY: Cause(
        "something is mounted in it; ask the operator to unmount that first",
        "something is mounted in it (`findmnt` lists what); unmount that first",
    ),
    errno.EXDEV: Cause(
        "something is mounted there, and mounts are never entered; ask the operator to unmount it",
        "something is mounted there (`findmnt` lists what), and mounts are never entered; unmount it"
        " first",
    ),
    errno.EAGAIN: Cause(
        "an application holds a lease on it; stop that application, or let it give the lease up",
        "an application holds a lease on it (`lslocks` shows which); stop it, or let it give the"
        " lease up",
    ),
    errno.ENOTEMPTY: Cause(
        "something still writes in it; stop the application that does",
        "something still writes in it; stop the application that does",
    ),
    errno.ENOTDIR: Cause(
        "a file or link lies where a directory belongs; ask the operator",
        "a file or link lies where a directory belongs; move it away",
    ),
    errno.ELOOP: Cause(
        "a link lies where a directory belongs; ask the operator",
        "a link lies where a directory belongs; move it away",
    ),
    errno.ENOENT: Cause("it was removed meanwhile", "it was removed meanwhile"),
    errno.ESTALE: _GONE,
    errno.ENODEV: _GONE,
    errno.ENXIO: _GONE,
    errno.ENOTCONN: _GONE,
}


def cause_of(error: OSError) -> Cause:
    """Return why the call failed, with a cure that fits the errno and the user of this process."""
    if isinstance(error, DeviceError):
        return _DEVICE
    if error.errno == errno.EACCES:
        return Cause(
            "permission denied: the server may not read or change it; let it, or ask the operator",
            _access_denied(),
        )
    if error.errno == errno.EPERM:
        return Cause(
            "it is not permitted: it may be protected from changes (immutable or append-only), or"
            " belong to another user; ask the operator",
            _not_permitted(),
        )
    words = (error.strerror or str(error)).lower()
    return _CAUSES.get(error.errno or 0, Cause(words, words))


def _access_denied() -> str:
    """Return the cause of EACCES: the mode, an access list or the file system refuses access."""
    missing = missing_capabilities()
    if not missing:
        return (
            f"permission denied, although the server (user {os.geteuid()}) has every capability it"
            " needs: the file system refuses it (NFS with root_squash, FUSE, a security module);"
            " allow the server there"
        )
    if os.geteuid() == 0:
        return (
            f"permission denied: the server's user is 0, but without {', '.join(missing)}; add what"
            " the container or service drops"
        )
    return (
        f"permission denied to the server's user {os.geteuid()}; make it the owner of the files, or"
        f" give the server {', '.join(missing)}"
    )


def _not_permitted() -> str:
    """Return the cause of EPERM: a flag of the file, or a privilege that no mode grants."""
    flag = (
        "it, or the directory it is in, may be immutable or append-only (`lsattr` shows that,"
        " `chattr -ia` takes it away)"
    )
    missing = missing_capabilities()
    if missing:
        return (
            f"not permitted to the server's user {os.geteuid()}: it lacks {', '.join(missing)};"
            f" give it these if the files belong to other users. Otherwise {flag}"
        )
    return f"not permitted: {flag}"
