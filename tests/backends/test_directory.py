"""Volumes as directories: modes and owners, the marker, concurrent processes, unreadable directories."""

import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.backends.helpers import (
    FORK,
    INSTALLATION,
    assert_only,
    metadata_by_path,
    names_below,
    new_id,
    run_as_nobody,
    run_in_16_processes,
    wait_until,
    write_files,
)
from tests.support.needs import needs
from volumes.backends import BackendError, StoredItem, Unreadable
from volumes.backends.directory import Directory

needs_root = needs(os.geteuid() == 0, "only root may mount, or give files away")


class TestFresh:
    def test_mode_and_owner_are_as_configured_whatever_the_umask(self, root: Path) -> None:
        storage = Directory(str(root), INSTALLATION, uid=os.getuid(), gid=os.getgid(), mode=0o2775)
        handle = new_id()
        before = os.umask(0o777)
        try:
            storage.prepare(INSTALLATION)
            storage.create(handle, 10)
            storage.snapshot(handle, new_id())
        finally:
            os.umask(before)
        assert stat.S_IMODE((root / handle / "data").stat().st_mode) == 0o2775
        assert stat.S_IMODE((root / handle).stat().st_mode) == 0o711
        assert stat.S_IMODE((root / ".trash").stat().st_mode) == 0o700

    @needs_root
    def test_an_application_of_the_owner_can_write(self, root: Path, handle: str) -> None:
        storage = Directory(str(root), INSTALLATION, uid=65534, gid=65534)
        storage.prepare(INSTALLATION)
        storage.create(handle, 10)
        run_as_nobody(Path(storage.source(handle), "file").write_text, "mine")
        assert storage.usage(handle) > 0

    def test_another_owner_is_an_error_with_a_cure_without_privileges(self, root: Path) -> None:
        run_as_nobody(Directory(str(root), INSTALLATION).prepare, INSTALLATION)
        storage = Directory(str(root), INSTALLATION, uid=12345)
        with pytest.raises(BackendError, match="VOLUME_UID"):
            run_as_nobody(storage.create, new_id(), 10)
        assert storage.is_empty()

    def test_the_root_can_be_a_link_or_a_relative_path(
        self, ground: Path, monkeypatch: pytest.MonkeyPatch, handle: str
    ) -> None:
        (ground / "disk").mkdir()
        (ground / "storage").symlink_to("disk")
        monkeypatch.chdir(ground)
        storage = Directory("./storage", INSTALLATION)
        storage.prepare(INSTALLATION)
        storage.create(handle, 10)
        assert storage.source(handle) == str(ground / "storage" / handle / "data")
        assert (ground / "disk" / handle / "data").is_dir()


class TestMarker:
    def test_a_missing_root_is_not_taken_for_an_empty_one(
        self, storage: Directory, data: Path
    ) -> None:
        Path(storage.root).rename(Path(storage.root).with_name("unmounted"))
        assert storage.marker() is None
        with pytest.raises(BackendError, match="does not exist: mount its disk, or run"):
            storage.exists(data.parent.name)
        assert not Path(storage.root).exists()

    def test_an_unmounted_disk_is_reported(self, storage: Directory, handle: str) -> None:
        Path(storage.root, ".holdfast").unlink()
        with pytest.raises(BackendError, match="a disk that is not mounted"):
            storage.create(handle, 10)
        assert names_below(Path(storage.root)) == {".tmp", ".trash"}

    def test_the_disk_of_another_installation_is_reported(self, storage: Directory) -> None:
        Path(storage.root, ".holdfast").write_text("another")
        with pytest.raises(BackendError, match="belongs to another installation"):
            storage.check()

    def test_neither_a_link_nor_a_fifo_is_a_marker(self, storage: Directory, ground: Path) -> None:
        marker = Path(storage.root, ".holdfast")
        marker.rename(ground / "marker")
        marker.symlink_to(ground / "marker")
        assert storage.marker() is None
        marker.unlink()
        os.mkfifo(marker)
        assert storage.marker() is None

    def test_only_a_new_disk_counts_as_empty(self, ground: Path) -> None:
        root = ground / "disk"
        (root / "lost+found").mkdir(parents=True)
        storage = Directory(str(root), INSTALLATION)
        assert storage.is_empty()
        (root / "file").touch()
        assert not storage.is_empty()

    def test_sixteen_concurrent_preparations_leave_one_marker(self, root: Path) -> None:
        storage = Directory(str(root), INSTALLATION)
        run_in_16_processes(storage.prepare, INSTALLATION)
        storage.check()
        assert names_below(root) == {".holdfast", ".tmp", ".trash"}

    def test_a_root_that_is_a_file_is_an_error(self, root: Path) -> None:
        root.touch()
        with pytest.raises(BackendError, match="a file or link lies where a directory belongs"):
            Directory(str(root), INSTALLATION).check()


class TestSnapshot:
    def test_a_snapshot_keeps_the_data_exactly(
        self, storage: Directory, data: Path, handle: str, snapshot: str, target: str
    ) -> None:
        (data / "file").write_text("then")
        (data / "link").symlink_to("file")
        data.chmod(0o2750)
        os.utime(data, ns=(1, 2))
        then = metadata_by_path(data)
        storage.snapshot(handle, snapshot)
        (data / "file").write_text("later")
        storage.snapshot(handle, snapshot)
        storage.clone(handle, snapshot, target, 10)
        assert metadata_by_path(Path(storage.root, handle, "snapshots", snapshot)) == then
        assert metadata_by_path(Path(storage.source(target))) == then

    def test_a_snapshot_of_an_empty_volume_is_empty(
        self, storage: Directory, data: Path, handle: str, snapshot: str, target: str
    ) -> None:
        storage.snapshot(handle, snapshot)
        (data / "file").write_text("later")
        storage.snapshot(handle, snapshot)
        storage.clone(handle, snapshot, target, 10)
        assert os.listdir(storage.source(target)) == []

    def test_a_read_only_directory_is_copied_and_removed_without_privileges(
        self, root: Path, handle: str, snapshot: str, target: str
    ) -> None:
        storage = Directory(str(root), INSTALLATION)
        run_as_nobody(storage.prepare, INSTALLATION)
        run_as_nobody(storage.create, handle, 10)
        run_as_nobody(os.chmod, storage.source(handle), 0o500)
        run_as_nobody(storage.snapshot, handle, snapshot)
        run_as_nobody(storage.clone, handle, snapshot, target, 10)
        assert stat.S_IMODE(os.stat(root / handle / "snapshots" / snapshot).st_mode) == 0o500
        assert stat.S_IMODE(os.stat(storage.source(target)).st_mode) == 0o500
        run_as_nobody(storage.delete_snapshot, handle, snapshot)
        run_as_nobody(storage.delete, handle)
        assert list(storage.inventory()) == [StoredItem(target)]


class TestManyAtOnce:
    def test_sixteen_processes_create(self, storage: Directory, handle: str) -> None:
        run_in_16_processes(storage.create, handle, 10)
        assert_only(storage, {StoredItem(handle)})

    def test_a_late_create_keeps_the_volume_in_use(
        self, storage: Directory, data: Path, handle: str
    ) -> None:
        before = data.stat().st_ino
        run_in_16_processes(storage.create, handle, 10)
        assert data.stat().st_ino == before

    def test_sixteen_processes_snapshot_and_clone(
        self, storage: Directory, data: Path, handle: str, snapshot: str, target: str
    ) -> None:
        write_files(data)
        run_in_16_processes(storage.snapshot, handle, snapshot)
        run_in_16_processes(storage.clone, handle, snapshot, target, 10)
        assert metadata_by_path(Path(storage.source(target))) == metadata_by_path(data)
        assert_only(storage, {StoredItem(handle), StoredItem(handle, snapshot), StoredItem(target)})

    def test_sixteen_processes_delete(
        self, storage: Directory, data: Path, handle: str, snapshot: str
    ) -> None:
        write_files(data)
        storage.snapshot(handle, snapshot)
        run_in_16_processes(storage.delete_snapshot, handle, snapshot)
        assert_only(storage, {StoredItem(handle)})
        run_in_16_processes(storage.delete, handle)
        assert storage.is_empty()

    def test_sixteen_processes_adopt(self, storage: Directory, ground: Path, handle: str) -> None:
        (ground / "old").mkdir()
        (ground / "old" / "file").write_text("kept")
        run_in_16_processes(storage.adopt, handle, str(ground / "old"), 10)
        assert Path(storage.source(handle), "file").read_text() == "kept"

    def test_a_volume_deleted_while_it_is_filled_does_not_come_back(
        self, storage: Directory, data: Path, handle: str, snapshot: str, target: str
    ) -> None:
        write_files(data)
        storage.snapshot(handle, snapshot)
        (data.parent / "snapshots" / snapshot / "big").write_bytes(b"x" * 2**26)
        with stopped_halfway(storage, storage.clone, handle, snapshot, target, 10):
            storage.delete(target)
        assert not storage.exists(target)
        assert_only(storage, {StoredItem(handle), StoredItem(handle, snapshot)})

    def test_a_snapshot_that_is_removed_while_it_is_read_fills_nothing(
        self, storage: Directory, data: Path, handle: str, snapshot: str, target: str
    ) -> None:
        for number in range(500):
            (data / f"file-{number}").touch()
        storage.snapshot(handle, snapshot)
        with stopped_halfway(storage, storage.clone, handle, snapshot, target, 10):
            storage.delete_snapshot(handle, snapshot)
        assert_only(storage, {StoredItem(handle)})


@contextmanager
def stopped_halfway(
    storage: Directory, operation: Callable[..., object], *args: Any
) -> Iterator[None]:
    """Hold another process in the middle of its copying; afterwards it runs to its end."""
    maker = FORK.Process(target=quietly, args=(operation, *args))
    maker.start()
    wait_until(lambda: list(Path(storage.root, ".tmp").glob("*/data/*")))
    os.kill(maker.pid or 0, signal.SIGSTOP)
    yield
    os.kill(maker.pid or 0, signal.SIGCONT)
    maker.join()


def quietly(operation: Callable[..., object], *args: Any) -> None:
    with suppress(BackendError):
        operation(*args)


class TestUnreadable:
    """One directory that the server may not look into is named; the rest is still looked at."""

    @pytest.fixture
    def storage(self, root: Path) -> Directory:
        storage = Directory(str(root), INSTALLATION)
        run_as_nobody(storage.prepare, INSTALLATION)
        return storage

    @needs_root
    @pytest.mark.parametrize("mode", [0o700, 0o711], ids=["closed", "passable"])
    def test_an_unlistable_directory_is_reported_and_the_rest_is_found(
        self, storage: Directory, handle: str, target: str, mode: int
    ) -> None:
        for one in (handle, target):
            run_as_nobody(storage.create, one, 10)
        os.chown(Path(storage.root, handle), 0, 0)
        Path(storage.root, handle).chmod(mode)
        listed = run_as_nobody(inventory_of, storage)
        assert {f"found {handle}", f"found {target}"} < set(listed)
        (unreadable,) = (line for line in listed if line.startswith("unreadable"))
        assert f"(at '{storage.root}/{handle}')" in unreadable
        with pytest.raises(BackendError, match="permission denied"):
            run_as_nobody(storage.exists, handle)

    @needs_root
    def test_data_that_only_its_application_can_read_exists(
        self, storage: Directory, handle: str
    ) -> None:
        run_as_nobody(storage.create, handle, 10)
        os.chown(storage.source(handle), 1234, 1234)
        assert run_as_nobody(storage.exists, handle)
        with pytest.raises(BackendError, match=f"(at '{storage.source(handle)}')"):
            run_as_nobody(storage.usage, handle)

    @needs_root
    def test_an_unlistable_working_directory_is_reported(
        self, storage: Directory, handle: str
    ) -> None:
        run_as_nobody(storage.create, handle, 10)
        os.chown(Path(storage.root, ".trash"), 0, 0)
        listed = run_as_nobody(inventory_of, storage)
        assert f"found {handle}" in listed
        assert any(f"(at '{storage.root}/.trash')" in line for line in listed)

    def test_a_leftover_that_cannot_be_listed_is_removed(
        self, storage: Directory, handle: str
    ) -> None:
        leftover = Path(storage.root, ".tmp", f"{handle}.0")
        run_as_nobody(os.makedirs, leftover / "data")
        leftover.chmod(0)
        run_as_nobody(storage.remove_leftovers, handle, None, time.time() + 60)
        assert not leftover.exists()

    @needs_root
    def test_a_leftover_that_cannot_be_removed_stops_no_other(
        self, storage: Directory, handle: str
    ) -> None:
        for name in ("a", "b", "c"):
            run_as_nobody(
                os.makedirs, Path(storage.root, ".trash", f"{handle}.{name}", "data", "x")
            )
        closed = Path(storage.root, ".trash", f"{handle}.b", "data")
        os.chown(closed, 0, 0)
        with pytest.raises(BackendError, match=f"{handle}.b/data"):
            run_as_nobody(storage.delete, handle)
        assert os.listdir(Path(storage.root, ".trash")) == [f"{handle}.b"]


def inventory_of(storage: Directory) -> list[str]:
    """In words: an error does not travel between processes as it is."""
    return [
        f"unreadable {one.error.detail}" if isinstance(one, Unreadable) else f"found {one.handle}"
        for one in storage.inventory()
    ]
