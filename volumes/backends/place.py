"""Move finished work into its final place, where another program may have put a directory.

An empty directory in the way is removed (`docker run -v` creates missing directories). Anything
else is an error. Directories are checked and emptied by descriptor, and only rmdir removes them, so
neither the finished work of another process nor any file can be lost. A directory that the server
may not remove is renamed to `ROOT/.aside.<volume>.<random>`.
"""

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from config.faultpoints import faultpoint

from . import marks
from .base import BackendError
from .fds import ANYTHING, MISSING, is_inode, is_same, open_directory, path_of
from .layout import DATA, SNAPSHOTS, has_entries, move
from .linux import rename_new
from .texts import quoted
from .workshop import Workpiece

_MAX_ATTEMPTS = 1000
"""Attempts before giving up: another program may recreate the directory as fast as it is removed."""
_MAX_WAIT = 5.0  # seconds to wait for another process that moves data into the same place

_IN_THE_WAY = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR})
# An operator must also decide about another user's directory that the server may not list or remove.
_NOT_OURS = frozenset({errno.EACCES, errno.EPERM})
_NO_EMPTY_DIRECTORY = _NOT_OURS | {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.ELOOP}


def put_volume(piece: Workpiece, root: int, handle: str) -> None:
    """Move the volume to its place. A volume that another process put there stays.

    Raises BackendError if something else is in the place.
    """
    faultpoint("volume:made")
    for _ in range(_MAX_ATTEMPTS):
        _check_piece(piece, piece.tmp, piece.name)
        try:
            os.rename(piece.name, handle, src_dir_fd=piece.tmp, dst_dir_fd=root)
        except OSError as error:
            if error.errno not in _IN_THE_WAY:
                raise
            if _is_finished(root, handle):
                return
        else:
            _check_piece(piece, root, handle)
            piece.is_in_place = True
            faultpoint("volume:in-place")
            return
    raise _occupied(root, handle)


def put_snapshot(
    piece: Workpiece, volume: int, snapshots: int, snapshot: str, since: float
) -> None:
    """Mark the snapshot and move it to its place. A snapshot that another process put there stays.

    The mark keeps `since`, when the copy began, in seconds since the epoch. Raises BackendError if
    something else is in the place.
    """
    faultpoint("snapshot:made")
    with lock_directory(volume):
        marks.write(volume, snapshot, piece.fd, since)
        faultpoint("snapshot:marked")
        os.fsync(volume)
        try:
            _place_snapshot(piece, volume, snapshots, snapshot)
        finally:
            _keep_mark_in_use(volume, snapshots, snapshot)
    faultpoint("snapshot:in-place")


def _place_snapshot(piece: Workpiece, volume: int, snapshots: int, snapshot: str) -> None:
    for _ in range(_MAX_ATTEMPTS):
        _check_piece(piece, piece.tmp, piece.name)
        try:
            move(piece.name, piece.tmp, snapshot, snapshots)
        except FileExistsError:
            if _is_own(volume, snapshot, snapshots):
                return
            _remove_empty(snapshots, snapshot)
        else:
            _check_piece(piece, snapshots, snapshot)
            piece.is_in_place = True
            return
    raise _occupied(snapshots, snapshot)


def _keep_mark_in_use(volume: int, snapshots: int, snapshot: str) -> None:
    try:
        with open_directory(snapshots, snapshot, flags=ANYTHING | os.O_DIRECTORY) as placed:
            marks.clear(volume, snapshot, keep=placed)
    except OSError as error:
        if error.errno not in MISSING:
            raise
        marks.clear(volume, snapshot)


def clear_place(volume: int) -> None:
    """Remove empty directories and old marks from a volume's directory that has no data.

    Raises BackendError for anything else.
    """
    for name in os.listdir(volume):
        if name in (DATA, SNAPSHOTS):
            _remove_empty(volume, name)
        elif marks.is_name(name):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=volume)
        else:
            raise _occupied(volume, name)
    faultpoint("place:cleared")


@contextmanager
def lock_directory(directory: int) -> Iterator[None]:
    """Lock the directory against other processes that move data into it.

    Raises BackendError after `_MAX_WAIT` seconds.
    """
    deadline = time.monotonic() + _MAX_WAIT
    while not _try_lock(directory):
        if time.monotonic() > deadline:
            raise BackendError("Another process is at work in the same place; it is tried again.")
        time.sleep(0.01)
    try:
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(directory, fcntl.LOCK_UN)


def _try_lock(directory: int) -> bool:
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # NFS cannot lock directories. Without a lock, rename and rmdir still protect finished work.
        return True
    return True


def _is_finished(root: int, handle: str) -> bool:
    """Return whether the volume is in its place. Clear the place if it is not."""
    try:
        with open_directory(root, handle) as volume:
            if _is_own(volume, DATA, volume):
                return True
            if os.access(path_of(volume), os.W_OK, effective_ids=True):
                clear_place(volume)
            else:
                _set_aside(root, handle, volume)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in MISSING | _NOT_OURS:
            raise
        raise _occupied(root, handle) from error
    return False


def _set_aside(root: int, handle: str, volume: int) -> None:
    """Rename an empty directory of another user, such as one that a container engine made as root.

    The server may not remove what is in it, but a rename needs no permission in the directory.
    """
    for name in os.listdir(volume):
        with open_directory(volume, name) as fd:
            if name not in (DATA, SNAPSHOTS) or has_entries(fd):
                raise _occupied(volume, name)
    aside = f".aside.{handle}.{secrets.token_hex(8)}"
    os.rename(handle, aside, src_dir_fd=root, dst_dir_fd=root)
    if not is_same(volume, root, aside):
        # Another process put the volume there after the check.
        rename_new(aside, root, handle, root)


def _is_own(volume: int, name: str, directory: int) -> bool:
    try:
        with open_directory(directory, name, flags=ANYTHING | os.O_DIRECTORY) as fd:
            return marks.is_marked(volume, name, fd)
    except OSError as error:
        if error.errno not in MISSING:
            raise
        return False


def _remove_empty(directory: int, name: str) -> None:
    try:
        os.rmdir(name, dir_fd=directory)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in _NO_EMPTY_DIRECTORY:
            raise
        raise _occupied(directory, name) from error


def _check_piece(piece: Workpiece, directory: int, name: str) -> None:
    if not is_inode(piece.inode, directory, name):
        raise BackendError("What was made was moved or removed meanwhile; it is tried again.")


def _occupied(directory: int, name: str) -> BackendError:
    path = os.path.join(os.readlink(path_of(directory)), name)
    return BackendError(
        "Something else lies where its data belongs; an operator has to look at it.",
        f"Something that Holdfast did not create lies at {quoted(path)}: look whose it is, and move"
        " it away. It is tried again by itself.",
    )
