"""A storage root in a file with XFS and project quotas, for hosts without a disk of its own for it.

Nothing that exists is ever formatted. Every step may be interrupted and repeated: `pool_file` creates
and grows the file, this module mounts it.
"""

from __future__ import annotations

import os
from contextlib import suppress

from config.faultpoints import faultpoint

from . import layout, marker, mount_units, pool_file, projects
from .base import StorageUnavailable
from .fds import open_by_path
from .mounts import mount_of
from .oserrors import as_unavailable
from .programs import require_root, run

MIN_SIZE = 300  # MB; mkfs.xfs makes nothing smaller
MAX_SIZE = 2**30  # MB; a file of 2**50 bytes is beyond every disk

OPTIONS = "loop,prjquota,nosuid,nodev"


def provide(root: str, installation: str, file: str, size: int, *, preallocate: bool) -> str:
    """Mount a pool of `size` MB in `file` at `root`, after creating or growing it.

    `preallocate` reserves the disk space that the file gets now. Returns what mounts the pool at boot.
    Raises StorageUnavailable.
    """
    require_root()
    with as_unavailable("put the storage in a pool"):
        directory, name = os.path.split(os.path.abspath(file))
        file = os.path.join(os.path.realpath(directory), name)
        root = os.path.realpath(root)
        _check_paths(file, root)
        if not os.path.isdir(root):
            os.makedirs(root)
            os.chmod(root, layout.PASSABLE)
        _is_mounted(file, root, installation)  # before there is a file
        with pool_file.provided(file, size * 2**20, owned_like=root, preallocate=preallocate):
            # Another command may have mounted it before the file was locked.
            was_mounted = _is_mounted(file, root, installation)
            if not was_mounted:
                _mount(file, root)
            try:
                _check_content(file, root, installation)
            except StorageUnavailable:
                if not was_mounted:
                    run("umount", root)
                raise
            # Also what an interrupted command has added to the file before.
            for device in _loop_devices(file):
                run("losetup", "--set-capacity", device)
            faultpoint("pool:loop-resized")
            run("xfs_growfs", root)
    return mount_units.instructions(file, root, OPTIONS)


def _check_paths(file: str, root: str) -> None:
    for path in (file, root):
        if not path.isprintable():
            raise StorageUnavailable(f"The path {path!r} has control characters: rename it.")
    if os.path.commonpath([file, root]) == root:
        raise StorageUnavailable(
            f"The pool {file} would be inside STORAGE_ROOT {root}, where it is mounted: choose a FILE"
            " outside."
        )


def _is_mounted(file: str, root: str, installation: str) -> bool:
    """Return whether the pool is mounted at the root. Raises StorageUnavailable for other content."""
    with open_by_path(root) as fd:
        mount = mount_of(fd)
        if mount is None or mount.point != root:
            _check_empty(fd, root, installation)
            return False
    if mount.source not in _loop_devices(file):
        raise StorageUnavailable(
            f"STORAGE_ROOT {root} is already a mount of {mount.source} ({mount.file_system}), not of"
            f" {file}: leave --pool out to use that, or unmount it."
        )
    return True


def _check_empty(fd: int, root: str, installation: str) -> None:
    if not layout.is_empty(fd):
        raise StorageUnavailable(
            f"STORAGE_ROOT {root} is not empty, and a pool would hide what is in it: set STORAGE_ROOT to"
            " an empty directory, or move the files away."
        )
    if found := marker.read(fd):
        marker.verify(found, installation, root)


def _mount(file: str, root: str) -> None:
    with open_by_path(root) as below:
        found = marker.read(below)
        _clear(below)
        faultpoint("pool:root-cleared")
        try:
            run("mount", "-t", "xfs", "-o", OPTIONS, file, root)
        except StorageUnavailable:
            if found:
                marker.write(below, found)
            raise
    faultpoint("pool:mounted")


def _clear(root: int) -> None:
    """Remove the marker and the working directories of a storage without volumes.

    Otherwise the directory would pass for the storage whenever the pool is not mounted.
    """
    for name in os.listdir(root):
        if name.startswith(marker.NAME):
            os.unlink(name, dir_fd=root)
    for name in (layout.TMP, layout.TRASH, projects.DIRECTORY):
        with suppress(FileNotFoundError):
            os.rmdir(name, dir_fd=root)


def _check_content(file: str, root: str, installation: str) -> None:
    """Raise StorageUnavailable if the mounted pool has content that is not this installation's."""
    with open_by_path(root) as fd:
        found, is_empty = marker.read(fd), layout.is_empty(fd)
    if found is None and not is_empty:
        raise StorageUnavailable(
            f"The pool {file} has files but no marker ({marker.NAME}): mount it yourself, check whose"
            " they are, and run init_storage without --pool."
        )
    # A new database takes the marker of an empty storage as its own.
    if found and (installation or not is_empty):
        marker.verify(found, installation, root)


def _loop_devices(file: str) -> list[str]:
    """Return the loop devices of the file; none if it does not exist."""
    if not os.path.lexists(file):
        return []
    return run("losetup", "--associated", file, "--noheadings", "--output", "NAME").split()
