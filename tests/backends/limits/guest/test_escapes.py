"""What the owner of files can do against a limit, what finds it, and what stops it."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backends.helpers import NOBODY, new_id, run_as_nobody, run_in_child, write_files
from tests.backends.limits.guest.helpers import assert_no_projects, limits, write
from volumes.backends.directory import Directory
from volumes.backends.project_quotas import project_of, set_project

FS_IOC_SETFLAGS = 0x40086602
FS_IOC_GETFLAGS = 0x80086601
FS_IOC_FSGETXATTR = 0x801C581F
FS_IOC_FSSETXATTR = 0x401C5820
PROJECT_INHERIT_FLAG = 0x20000000
CLONE_NEWUSER = 0x10000000


def error_of(change: Callable[[int], object], path: Path) -> int:
    """Return the error with which the change of the open file fails, 0 if it succeeds."""
    fd = os.open(path, os.O_RDONLY)
    try:
        change(fd)
    except OSError as error:
        return error.errno or -1
    finally:
        os.close(fd)
    return 0


def change_project(path: Path, project: int) -> int:
    """Give a file or directory to another project, as its owner may. Return the error, or 0."""
    return error_of(lambda fd: set_project(fd, project), path)


def clear_flag(path: Path) -> int:
    """Clear the inherit flag of a directory, as its owner may. Return the error, or 0."""

    def change(fd: int) -> None:
        (flags,) = struct.unpack("L", fcntl.ioctl(fd, FS_IOC_GETFLAGS, b"\0" * 8))
        fcntl.ioctl(fd, FS_IOC_SETFLAGS, struct.pack("L", flags & ~PROJECT_INHERIT_FLAG))

    return error_of(change, path)


def clear_attribute(path: Path) -> int:
    """Do the same by the call that also changes projects."""

    def change(fd: int) -> None:
        attributes = bytearray(28)
        fcntl.ioctl(fd, FS_IOC_FSGETXATTR, attributes)
        (flags,) = struct.unpack_from("=I", attributes)
        struct.pack_into("=I", attributes, 0, flags & ~0x200)
        fcntl.ioctl(fd, FS_IOC_FSSETXATTR, attributes)

    return error_of(change, path)


@pytest.fixture
def owned(data: Path) -> Path:
    """A volume whose data belongs to an application's user."""
    write_files(data)
    for path in [data, *data.rglob("*")]:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return data


def project(path: Path) -> tuple[int, bool]:
    fd = os.open(path, os.O_RDONLY)
    try:
        return project_of(fd)
    finally:
        os.close(fd)


@pytest.mark.parametrize("other", [0, 5])
def test_the_project_of_data_is_repaired_with_all_its_files(
    storage: Directory, owned: Path, handle: str, other: int
) -> None:
    (ours,) = limits(storage)
    assert run_as_nobody(change_project, owned, other) == 0
    assert run_as_nobody(change_project, owned / "file", other) == 0
    assert storage.usage(handle) > 0
    found = storage.check_limit(handle, 10)
    assert (found.is_enforced, f"project {other} instead of {ours}" in found.repaired) == (
        True,
        True,
    )
    assert (project(owned), project(owned / "file")[0]) == ((ours, True), ours)
    assert storage.check_limit(handle, 10).repaired == ""
    assert run_as_nobody(write, owned / "file", 11) in (errno.EDQUOT, errno.ENOSPC)


def test_the_inherit_flag_of_data_is_repaired(storage: Directory, owned: Path, handle: str) -> None:
    (ours,) = limits(storage)
    assert run_as_nobody(clear_attribute, owned) == 0
    assert project(owned) == (ours, False)
    run_as_nobody(write, owned / "escaped", 1)
    assert project(owned / "escaped")[0] == 0
    assert "did not get its project" in storage.check_limit(handle, 10).repaired
    assert project(owned) == (ours, True)
    assert project(owned / "escaped")[0] == ours


def test_files_in_an_unknown_project_are_reported(
    storage: Directory, owned: Path, handle: str
) -> None:
    (ours,) = limits(storage)
    assert [one for one in storage.unowned_usage() if f"Project {ours} " in one] == []
    assert run_as_nobody(change_project, owned / "file", 777) == 0
    # Beside it are projects of tests whose files are gone only in a moment.
    (sentence,) = [one for one in storage.unowned_usage() if one.startswith("Project 777 ")]
    assert sentence.startswith("Project 777 has 1 files of ")
    assert "belongs to no volume" in sentence
    assert run_as_nobody(change_project, owned / "file", 0) == 0


def test_the_reservation_of_a_removed_volume_is_released(
    storage: Directory, data: Path, handle: str
) -> None:
    (project,) = limits(storage)
    gone = Path(storage.root, ".projects", str(project))
    gone.unlink()
    gone.symlink_to(new_id())
    list(storage.unowned_usage())
    assert_no_projects(storage)


def test_a_user_namespace_stops_another_project(storage: Directory, owned: Path) -> None:
    ours = project(owned)
    assert run_in_child(in_user_namespace, change_project, owned, 5) == errno.EINVAL
    assert run_in_child(in_user_namespace, change_project, owned / "file", 0) == errno.EINVAL
    assert project(owned) == ours


@pytest.mark.parametrize("clear", [clear_flag, clear_attribute])
def test_a_user_namespace_stops_clearing_the_flag(
    storage: Directory, owned: Path, clear: Callable[[Path], int]
) -> None:
    ours = project(owned)
    assert run_in_child(in_user_namespace, clear, owned) == errno.EINVAL
    assert project(owned) == ours


def in_user_namespace(operation: Callable[..., int], *args: object) -> int:
    """Call it as the owner of the files, in a user namespace of its own."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    return operation(*args)
