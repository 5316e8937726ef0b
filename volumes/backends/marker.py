"""The marker file: names the installation that owns a storage root.

An unmounted disk has no marker, so it cannot be mistaken for an empty storage.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .base import StorageUnavailable
from .linux import rename_new

NAME = ".holdfast"
_MAX_BYTES = 256


def read(root: int) -> str | None:
    """Return the id in the marker; None without one. A link or FIFO of that name does not count."""
    try:
        # O_NONBLOCK: opening a FIFO of that name must not block.
        fd = os.open(NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=root)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO):
            return None
        raise
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        return os.read(fd, _MAX_BYTES).decode("utf-8", "replace").strip() or None
    finally:
        os.close(fd)


def is_missing(root: str) -> bool:
    """Return whether there is certainly no marker. Needs no permission to read it."""
    try:
        os.lstat(os.path.join(root, NAME))
    except OSError as error:
        return error.errno == errno.ENOENT
    return False


def write(root: int, installation: str) -> None:
    """Write the marker atomically. An existing marker stays as it is."""
    with _draft(root, installation) as name, suppress(FileExistsError):
        rename_new(name, root, NAME, root)


def replace(root: int, installation: str) -> None:
    """Write the marker atomically, in the place of another one."""
    with _draft(root, installation) as name:
        os.rename(name, NAME, src_dir_fd=root, dst_dir_fd=root)


@contextmanager
def _draft(root: int, installation: str) -> Iterator[str]:
    """Write a marker under another name, which the block changes."""
    name = f"{NAME}.{secrets.token_hex(8)}"
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=root)
    try:
        try:
            os.fchmod(fd, 0o644)
            os.write(fd, f"{installation}\n".encode())
            os.fsync(fd)
        finally:
            os.close(fd)
        yield name
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=root)
    os.fsync(root)


def verify(found: str | None, installation: str, root: str) -> None:
    """Raise StorageUnavailable, with the cure, unless the marker `found` is `installation`'s."""
    if found is None:
        raise StorageUnavailable(
            f"The storage root {root} carries no marker ({NAME}): a disk that is not mounted?"
            " Mount it, or run `manage.py init_storage` to begin there."
        )
    if found != installation:
        raise StorageUnavailable(
            f"The storage root {root} belongs to another installation ({found!r:.80}, not"
            f" {installation!r:.80}): mount the right disk. If the database of that installation is"
            " lost, run `manage.py take_over_storage`. To begin elsewhere, set STORAGE_ROOT to"
            " another directory and run `manage.py init_storage`."
        )
