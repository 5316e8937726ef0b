"""What the operating system says, in sentences with a cure."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from .base import BackendError

_DENIED = "permission denied; run the server as the user that owns the files, or as root"
_GONE = "its file system does not answer any more; mount it again"

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space or use a larger one",
    errno.EDQUOT: "the disk quota of the server's user is used up; free some space or raise it",
    errno.EROFS: "the file system is read-only; check the disk and mount it read-write",
    errno.EMFILE: "the server has too many files open; raise its limit (ulimit -n)",
    errno.ENFILE: "this machine has too many files open; raise its limit (fs.file-max)",
    errno.ENOMEM: "this machine is out of memory; it is tried again later",
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EIO: "the disk reports an input/output error; check its health",
    errno.EBUSY: "something is mounted in it; unmount that first",
    errno.EXDEV: "it reaches into another file system; unmount what is mounted in it",
    errno.ENOTEMPTY: "something still writes in it; stop the application that does",
    errno.ENOTDIR: "a file or link lies where a directory belongs; move it away",
    errno.ELOOP: "a link lies where a directory belongs; move it away",
    errno.ENOENT: "it was removed meanwhile",
    errno.ESTALE: _GONE,
    errno.ENODEV: _GONE,
    errno.ENXIO: _GONE,
    errno.ENOTCONN: _GONE,
}


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turn an OSError into "Could not <doing>: <reason>."; all of them may pass, so none is
    permanent."""
    try:
        yield
    except OSError as error:
        raise BackendError(f"Could not {doing}: {reason(error)}.") from error


def reason(error: OSError) -> str:
    """Why, and the cure where one is known, with the name of the file at fault."""
    words = _REASONS.get(error.errno or 0) or (error.strerror or str(error)).lower()
    if not isinstance(error.filename, str | bytes):
        return words
    # As a literal and cut short: applications choose these names, line breaks and all.
    return f"{words} (at {error.filename!r:.100})"
