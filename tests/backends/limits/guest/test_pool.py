"""A storage in a file: created, grown, repeated, interrupted and refused."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.backends.helpers import INSTALLATION, new_id, run_as_nobody
from tests.backends.limits.guest.helpers import MIB, is_killed_at, limits, write
from tests.faults.table import OF_POOLS
from tests.support.installation import ROOT
from volumes.backends import StorageUnavailable, programs
from volumes.backends.directory import Directory
from volumes.backends.mounts import mount_of

MB = 320
LARGER = 400
SERVICE = 61234  # no account has this number


@pytest.fixture
def host(ground: Path) -> Path:
    """The directory that has the file."""
    host = ground / "host"
    host.mkdir()
    return host


@pytest.fixture
def storage(root: Path, host: Path) -> Iterator[Directory]:
    """A storage that may get a pool. It is unmounted after the test."""
    root.mkdir()
    yield Directory(str(root), INSTALLATION)
    while os.path.ismount(root):
        subprocess.run(["umount", str(root)], check=True)


def pool(storage: Directory) -> Path:
    return Path(storage.root).with_name("host") / "pool"


def init(storage: Directory, size: int = MB, *, preallocate: bool = False) -> str:
    instructions = storage.init_pool(str(pool(storage)), size, preallocate=preallocate)
    storage.prepare(INSTALLATION)
    return instructions


def grow(storage: Directory) -> str:
    return init(storage, LARGER)


def unmount(storage: Directory) -> None:
    subprocess.run(["umount", storage.root], check=True)


def assert_complete(storage: Directory, size: int = MB) -> None:
    """Assert that the storage is a pool of this size, mounted once, and that it enforces sizes."""
    with open("/proc/self/mountinfo") as lines:
        assert [line.split()[4] for line in lines].count(storage.root) == 1
    assert storage.marker() == INSTALLATION
    assert storage.capabilities().no_enforcement_reason == ""
    # XFS keeps its log and its metadata from the rest.
    assert 0.6 * size * MIB < storage.capacity().total <= size * MIB
    assert os.listdir(pool(storage).parent) == ["pool"]
    assert pool(storage).stat().st_size == size * MIB
    handle = new_id()
    assert storage.create(handle, 10)
    assert list(limits(storage).values()) == [10]
    storage.delete(handle)


def test_a_new_pool_enforces_sizes(storage: Directory, handle: str) -> None:
    instructions = init(storage)
    assert_complete(storage)
    storage.create(handle, 10)
    data = Path(storage.source(handle))
    data.chmod(0o777)
    assert run_as_nobody(write, data / "file", 11) != 0
    assert os.statvfs(data).f_blocks * os.statvfs(data).f_frsize == 10 * MIB
    assert f"{pool(storage)} {storage.root} xfs loop,prjquota,nosuid,nodev 0 0\n" in instructions
    status = pool(storage).stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (0, 0o600)
    with storage._root() as fd:
        mount = mount_of(fd)
    assert mount is not None
    assert {"nosuid", "nodev"} <= set(mount.options)


def test_the_root_of_the_pool_has_owner_and_mode_of_the_directory(
    storage: Directory, root: Path
) -> None:
    os.chown(root, 1234, 5678)
    root.chmod(0o2751)
    storage.init_pool(str(pool(storage)), MB, preallocate=False)
    status = root.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1234, 5678, 0o2751)


def test_a_pool_grows_while_it_is_written(storage: Directory, handle: str) -> None:
    init(storage)
    storage.create(handle, 10)
    with Path(storage.source(handle), "file").open("w+") as file:
        file.write("before")
        before = storage.capacity().total
        grow(storage)
        file.write(" and after")
        file.seek(0)
        assert file.read() == "before and after"
    assert storage.capacity().total - before == (LARGER - MB) * MIB
    storage.delete(handle)
    assert_complete(storage, LARGER)


def test_a_repeated_call_changes_nothing_and_mounts_what_is_not_mounted(
    storage: Directory, handle: str
) -> None:
    instructions = init(storage)
    storage.create(handle, 10)
    Path(storage.source(handle), "file").write_text("content")
    for prepare in (lambda _: None, unmount):
        prepare(storage)
        assert init(storage) == instructions
        assert Path(storage.source(handle), "file").read_text() == "content"
    storage.delete(handle)
    assert_complete(storage)


def test_an_unmounted_pool_grows_when_it_is_mounted(storage: Directory) -> None:
    init(storage)
    unmount(storage)
    grow(storage)
    assert_complete(storage, LARGER)


def test_the_line_of_fstab_mounts_the_pool(ground: Path, host: Path) -> None:
    storage = Directory(str(ground / "sto rage"), INSTALLATION)
    instructions = storage.init_pool(str(host / "po#ol"), MB, preallocate=False)
    unmount(storage)
    fstab = ground / "fstab"
    fstab.write_text(instructions.split("\n\n")[1] + "\n")
    subprocess.run(["mount", "--fstab", str(fstab), storage.root], check=True)
    storage.prepare(INSTALLATION)
    reason = storage.capabilities().no_enforcement_reason
    unmount(storage)
    assert reason == ""


def test_without_the_pool_the_directory_does_not_pass_for_the_storage(storage: Directory) -> None:
    storage.prepare(INSTALLATION)
    init(storage)
    assert_complete(storage)
    unmount(storage)
    assert os.listdir(storage.root) == []


@pytest.mark.parametrize("point", OF_POOLS)
def test_a_killed_creation_that_is_repeated_is_complete(storage: Directory, point: str) -> None:
    storage.prepare(INSTALLATION)
    assert is_killed_at(point, init, storage)
    init(storage)
    assert_complete(storage)


@pytest.mark.parametrize("point", ["pool:extended", "pool:loop-resized"])
def test_a_killed_growth_that_is_repeated_is_complete(storage: Directory, point: str) -> None:
    init(storage)
    assert is_killed_at(point, grow, storage)
    grow(storage)
    assert_complete(storage, LARGER)


@pytest.mark.parametrize("point", ["pool:extended", "pool:formatted"])
def test_a_killed_creation_leaves_no_incomplete_file(storage: Directory, point: str) -> None:
    assert is_killed_at(point, init, storage)
    assert os.listdir(pool(storage).parent) == []


def test_preallocated_space_is_reserved(storage: Directory) -> None:
    init(storage, preallocate=True)
    assert pool(storage).stat().st_blocks * 512 >= MB * MIB
    init(storage, LARGER, preallocate=True)
    assert pool(storage).stat().st_blocks * 512 >= LARGER * MIB
    assert_complete(storage, LARGER)


def test_too_little_room_for_preallocation_leaves_nothing(storage: Directory) -> None:
    with pytest.raises(StorageUnavailable, match=r" MB free, .* takes 1048576 MB: free"):
        init(storage, 2**20, preallocate=True)
    assert os.listdir(pool(storage).parent) == []
    init(storage)
    with pytest.raises(StorageUnavailable, match="choose a smaller --pool-size"):
        init(storage, 2**20, preallocate=True)
    assert_complete(storage)


def test_a_pool_does_not_shrink(storage: Directory) -> None:
    init(storage)
    with pytest.raises(StorageUnavailable, match="has 320 MB, and cannot shrink"):
        init(storage, MB - 1)
    assert_complete(storage)


# Whatever exists stays as it is.


def make_text(path: Path) -> None:
    path.write_text("precious")


def make_empty(path: Path) -> None:
    path.touch()


def make_other_xfs(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MB * MIB)
    subprocess.run(["mkfs.xfs", "-q", "-L", "other", str(path)], check=True)


def make_link(path: Path) -> None:
    path.symlink_to("/dev/ubda")


def make_device(path: Path) -> None:
    os.mknod(path, 0o600 | stat.S_IFBLK, os.makedev(98, 0))


def make_directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    "make", [make_text, make_empty, make_other_xfs, make_link, make_device, make_directory]
)
def test_what_is_no_pool_stays_as_it_is(
    storage: Directory, root: Path, make: Callable[[Path], None]
) -> None:
    make(pool(storage))
    before = pool(storage).lstat()
    with pytest.raises(StorageUnavailable, match=r"exists and is no .*choose another FILE"):
        init(storage)
    after = pool(storage).lstat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (
        before.st_ino,
        before.st_size,
        before.st_mtime_ns,
    )
    assert os.listdir(root) == []
    assert not os.path.ismount(root)


def test_a_root_with_files_is_refused(storage: Directory, root: Path) -> None:
    (root / "file").write_text("precious")
    with pytest.raises(StorageUnavailable, match="is not empty"):
        init(storage)
    assert (root / "file").read_text() == "precious"
    assert os.listdir(pool(storage).parent) == []


def test_a_storage_with_volumes_is_refused(storage: Directory, handle: str) -> None:
    storage.prepare(INSTALLATION)
    storage.create(handle, 10)
    with pytest.raises(StorageUnavailable, match="is not empty"):
        init(storage)
    storage.check()
    assert os.listdir(pool(storage).parent) == []


@pytest.mark.parametrize("has_pool", [False, True])
def test_a_root_where_something_else_is_mounted_is_refused(
    storage: Directory, root: Path, has_pool: bool
) -> None:
    for _ in range(has_pool):
        init(storage)
        unmount(storage)
    subprocess.run(["mount", "-t", "tmpfs", "other", str(root)], check=True)
    with pytest.raises(StorageUnavailable, match=r"is already a mount of other \(tmpfs\)"):
        init(storage)
    assert os.listdir(root) == []


def test_a_pool_of_another_installation_is_refused(
    storage: Directory, root: Path, handle: str
) -> None:
    other = Directory(str(root), new_id())
    other.init_pool(str(pool(other)), MB, preallocate=False)
    other.prepare(other.installation)
    unmount(other)
    with pytest.raises(StorageUnavailable, match="belongs to another installation"):
        init(storage)
    assert not os.path.ismount(root)


def test_a_pool_with_files_of_somebody_else_is_refused(storage: Directory, root: Path) -> None:
    storage.init_pool(str(pool(storage)), MB, preallocate=False)
    (root / "file").write_text("precious")
    unmount(storage)
    with pytest.raises(StorageUnavailable, match="has files but no marker"):
        init(storage)
    assert not os.path.ismount(root)


def test_a_pool_that_cannot_be_mounted_leaves_the_storage_as_it_was(storage: Directory) -> None:
    storage.prepare(INSTALLATION)
    damaged = b"XFSB".ljust(108, b"\0") + b"holdfast"
    pool(storage).write_bytes(damaged)
    os.truncate(pool(storage), MB * MIB)
    with pytest.raises(StorageUnavailable, match="mount failed: ") as caught:
        init(storage)
    assert "\n" not in str(caught.value)
    storage.check()
    assert pool(storage).read_bytes().rstrip(b"\0") == damaged


def test_two_commands_do_not_work_on_one_pool(storage: Directory) -> None:
    init(storage)
    with pool(storage).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(StorageUnavailable, match="Another command works on"):
            grow(storage)
    assert_complete(storage)


def test_a_pool_inside_the_root_is_refused(storage: Directory, root: Path) -> None:
    with pytest.raises(StorageUnavailable, match="choose a FILE outside"):
        storage.init_pool(str(root / "below" / ".." / "pool"), MB, preallocate=False)
    assert os.listdir(root) == []


def test_a_missing_directory_of_the_file_is_named(storage: Directory, ground: Path) -> None:
    with pytest.raises(StorageUnavailable, match="missing"):
        storage.init_pool(str(ground / "missing" / "pool"), MB, preallocate=False)


def test_a_missing_program_is_named_with_its_package(
    storage: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_PATH", "/usr/bin:/bin")
    with pytest.raises(StorageUnavailable, match=r"mkfs.xfs is not installed.*install xfsprogs"):
        init(storage)
    assert os.listdir(pool(storage).parent) == []


def test_a_program_that_hangs_is_ended(
    storage: Directory, ground: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = ground / "bin" / "mkfs.xfs"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(programs, "_PATH", f"{slow.parent}:{programs._PATH}")
    monkeypatch.setattr(programs, "TIMEOUT", 1)
    with pytest.raises(StorageUnavailable, match=r"mkfs.xfs did not end within 1 s"):
        init(storage)
    assert os.listdir(pool(storage).parent) == []


def manage(storage: Directory, *arguments: str) -> str:
    """Run a command as root. The service's user owns the storage and the data directory."""
    home = Path(storage.root).with_name("home")
    home.mkdir(exist_ok=True)
    os.chown(home, SERVICE, SERVICE)
    environ = {**os.environ, "DATA_DIR": str(home), "STORAGE_ROOT": storage.root}
    del environ["SECRET_KEY"]
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_of_root_acts_for_the_services_user(storage: Directory, root: Path) -> None:
    os.chown(root, SERVICE, SERVICE)
    manage(storage, "migrate")
    command = ("init_storage", "--pool", str(pool(storage)), "--pool-size")
    first = manage(storage, *command, f"{MB}MB")
    assert f"{root} belongs to this installation now." in first
    assert "/etc/fstab" in first
    assert "not enforced" not in first
    before = storage.marker()
    assert manage(storage, *command, f"{LARGER}") == first
    assert (storage.marker(), pool(storage).stat().st_size) == (before, LARGER * MIB)
    assert (root.stat().st_uid, pool(storage).stat().st_uid) == (SERVICE, 0)
    assert os.path.ismount(root)


def test_the_command_says_that_a_pool_is_mounted_without_quotas(storage: Directory) -> None:
    manage(storage, "migrate")
    command = ("init_storage", "--pool", str(pool(storage)), "--pool-size", f"{MB}MB")
    manage(storage, *command)
    unmount(storage)
    subprocess.run(["mount", "-o", "loop", str(pool(storage)), storage.root], check=True)
    assert "Sizes are not enforced. The XFS file system is mounted without" in manage(
        storage, *command
    )


def test_a_file_system_without_unnamed_files_is_refused(storage: Directory) -> None:
    with pytest.raises(StorageUnavailable, match="choose a FILE on ext4, XFS or Btrfs"):
        storage.init_pool("/sys/pool", MB, preallocate=False)
