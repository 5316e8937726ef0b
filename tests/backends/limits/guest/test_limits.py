"""Sizes that hold: real processes, on ext4 and on XFS."""

from __future__ import annotations

import errno
import os
import secrets
import subprocess
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.backends.helpers import FORK, INSTALLATION, NOBODY, run_as_nobody
from tests.backends.limits.guest.helpers import MIB, assert_no_projects, limits, reservations, write
from volumes.backends import BackendError, project_quotas, projects
from volumes.backends.directory import Directory
from volumes.backends.project_quotas import get, project_of, set_project

FULL = (errno.EDQUOT, errno.ENOSPC)


def write_as_nobody(path: Path, megabytes: int) -> int:
    """Write without CAP_SYS_RESOURCE: ext4 lets a process with it exceed every limit."""
    result: int = run_as_nobody(write, path, megabytes)
    return result


@pytest.fixture
def open_data(data: Path) -> Path:
    data.chmod(0o777)
    return data


def test_writes_past_the_size_are_refused(storage: Directory, open_data: Path) -> None:
    assert write_as_nobody(open_data / "file", 9) == 0
    assert write_as_nobody(open_data / "file", 3) in FULL
    assert (open_data / "file").stat().st_size <= 10 * MIB


def test_df_shows_the_size(storage: Directory, data: Path) -> None:
    free = os.statvfs(data)
    assert free.f_blocks * free.f_frsize == 10 * MIB
    shown = subprocess.run(["df", "-m", "--output=size", data], capture_output=True, check=True)
    assert shown.stdout.split()[-1] == b"10"


def test_a_process_can_go_on_writing_after_growing(
    storage: Directory, open_data: Path, handle: str
) -> None:
    ours, theirs = FORK.Pipe()
    writer = FORK.Process(target=write_twice, args=(theirs, open_data / "file"))
    writer.start()
    assert ours.recv() in FULL
    assert storage.grow(handle, 20)
    ours.send("go on")
    assert ours.recv() == 0
    writer.join()
    assert os.statvfs(open_data).f_blocks * os.statvfs(open_data).f_frsize == 20 * MIB


def write_twice(other: Connection, path: Path) -> None:
    os.setuid(NOBODY)
    other.send(write(path, 15))
    other.recv()
    other.send(write(path, 5))


def test_a_snapshot_restored_into_a_larger_volume_has_the_larger_limit(
    storage: Directory, open_data: Path, handle: str, snapshot: str, target: str
) -> None:
    write_as_nobody(open_data / "file", 8)
    storage.snapshot(handle, snapshot)
    assert storage.clone(handle, snapshot, target, 20)
    restored = Path(storage.source(target))
    assert os.statvfs(restored).f_blocks * os.statvfs(restored).f_frsize == 20 * MIB
    assert write_as_nobody(restored / "more", 10) == 0
    assert write_as_nobody(restored / "more", 10) in FULL
    assert (restored / "file").read_bytes() == (open_data / "file").read_bytes()


def test_a_clone_larger_than_its_limit_is_full_without_an_error(
    storage: Directory, open_data: Path, handle: str, snapshot: str, target: str
) -> None:
    write_as_nobody(open_data / "file", 8)
    storage.snapshot(handle, snapshot)
    assert storage.clone(handle, snapshot, target, 4)
    restored = Path(storage.source(target))
    assert (restored / "file").stat().st_size == 8 * MIB
    assert write_as_nobody(restored / "more", 1) in FULL


def test_a_full_volume_can_be_read_grown_snapshotted_and_deleted(
    storage: Directory, open_data: Path, handle: str, snapshot: str
) -> None:
    assert write_as_nobody(open_data / "file", 11) in FULL
    assert (open_data / "file").read_bytes().startswith(b"x" * MIB)
    storage.snapshot(handle, snapshot)
    assert storage.grow(handle, 12)
    assert write_as_nobody(open_data / "file", 1) == 0
    storage.delete(handle)
    assert storage.is_empty()
    assert_no_projects(storage)


def test_snapshots_count_towards_no_limit(
    storage: Directory, open_data: Path, handle: str, snapshot: str
) -> None:
    write_as_nobody(open_data / "file", 8)
    before = storage.usage(handle)
    storage.snapshot(handle, snapshot)
    assert storage.usage(handle) == before
    fd = os.open(Path(storage.root, handle, "snapshots", snapshot), os.O_RDONLY)
    assert project_of(fd) == (0, False)
    os.close(fd)


def test_usage_is_the_count_of_the_file_system(
    storage: Directory, open_data: Path, handle: str
) -> None:
    write_as_nobody(open_data / "file", 7)
    used = sum(path.lstat().st_blocks * 512 for path in [open_data, *open_data.rglob("*")])
    assert storage.usage(handle) == used


def test_a_project_is_reserved_for_its_volume_and_released_with_it(
    storage: Directory, data: Path, handle: str
) -> None:
    (project,) = limits(storage)
    assert limits(storage) == {project: 10}
    assert reservations(storage) == {project: handle}
    assert projects.FIRST <= project <= projects.LAST
    storage.delete(handle)
    assert_no_projects(storage)


def test_a_project_id_in_use_elsewhere_is_skipped(
    storage: Directory, ground: Path, handle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = ground / "foreign"
    foreign.mkdir()
    fd = os.open(foreign, os.O_RDONLY)
    set_project(fd, projects.FIRST + 5)
    choices = iter([5, 6])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(choices))
    storage.create(handle, 10)
    assert reservations(storage) == {projects.FIRST + 6: handle}
    assert get(fd, projects.FIRST + 5).limit == 0
    set_project(fd, 0)
    os.close(fd)


def test_an_adopted_directory_is_limited_with_its_content(
    storage: Directory, ground: Path, handle: str
) -> None:
    old = ground / "old"
    (old / "below").mkdir(parents=True)
    (old / "below").chmod(0o777)
    (old / "link").symlink_to("below")
    os.mkfifo(old / "fifo")
    write(old / "below" / "file", 3)
    assert storage.adopt(handle, str(old), 5)
    data = Path(storage.source(handle))
    assert write_as_nobody(data / "below" / "more", 1) == 0
    assert write_as_nobody(data / "below" / "more", 2) in FULL
    for path in [data, data / "below", data / "below" / "file"]:
        fd = os.open(path, os.O_RDONLY)
        assert {project_of(fd)[0]} == set(limits(storage))
        os.close(fd)


def test_a_volume_from_before_limits_gets_one_on_request(storage: Directory, handle: str) -> None:
    older = Directory(storage.root, INSTALLATION, limits="off")
    assert not older.create(handle, 10)
    data = Path(storage.source(handle))
    data.chmod(0o777)
    (data / "below").mkdir()
    (data / "below").chmod(0o777)
    write(data / "below" / "file", 6)
    assert not storage.grow(handle, 12)
    assert limits(storage) == {}
    for _ in range(2):
        assert storage.enforce(handle, 4)
        assert list(limits(storage).values()) == [4]
    assert write_as_nobody(data / "below" / "more", 1) in FULL
    assert (data / "below" / "file").stat().st_size == 6 * MIB
    assert storage.usage(handle) >= 6 * MIB


def test_a_limit_is_never_lowered(storage: Directory, data: Path, handle: str) -> None:
    storage.grow(handle, 30)
    assert storage.grow(handle, 20)
    assert list(limits(storage).values()) == [30]


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_missing_privileges_are_reported(storage: Directory, ground: Path, mode: str) -> None:
    mine = ground / "mine"
    mine.mkdir()
    mine.chmod(0o777)
    run_as_nobody(_create_without_privileges, str(mine / "storage"), mode)


def _create_without_privileges(root: str, mode: str) -> None:
    storage = Directory(root, INSTALLATION, limits=mode)
    storage.prepare(INSTALLATION)
    can = storage.capabilities()
    assert not can.enforces_sizes
    assert "CAP_SYS_ADMIN" in can.no_enforcement_reason
    handle = "0199a000-0000-7000-8000-000000000001"
    if mode == "auto":
        assert not storage.create(handle, 10)
        assert storage.usage(handle) >= 0
    else:
        with pytest.raises(BackendError, match="required, but sizes are not enforced"):
            storage.create(handle, 10)
        assert storage.is_empty()


def test_a_root_in_a_foreign_project_is_reported(ground: Path, handle: str) -> None:
    fd = os.open(ground, os.O_RDONLY)
    set_project(fd, 7)
    storage = Directory(str(ground / "storage"), INSTALLATION)
    storage.prepare(INSTALLATION)
    reason = storage.capabilities().no_enforcement_reason
    assert "belongs to project 7" in reason
    assert "chattr -p 0 -P" in reason
    assert not storage.create(handle, 10)
    assert limits(storage) == {}
    os.close(fd)


def test_a_kernel_before_5_14_finds_the_quotas_by_the_device(
    storage: Directory, handle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_quotas, "_has_quotactl_fd", lambda: False)
    assert storage.create(handle, 10)
    assert storage.grow(handle, 20)
    assert list(limits(storage).values()) == [20]
    storage.delete(handle)
    assert_no_projects(storage)


def test_the_setting_off_limits_nothing(storage: Directory, handle: str) -> None:
    off = Directory(storage.root, INSTALLATION, limits="off")
    assert not off.create(handle, 10)
    assert limits(storage) == {}
    assert "STORAGE_LIMITS is off" in off.capabilities().no_enforcement_reason
