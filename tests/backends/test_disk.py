"""Disks that are full, read-only or closed, and a process out of descriptors."""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.backends.helpers import (
    INSTALLATION,
    assert_only,
    new_id,
    run_as_nobody,
    run_in_child,
    write_files,
)
from tests.support.needs import needs
from volumes.backends import BackendError, StoredItem
from volumes.backends.directory import Directory

needs_root = needs(os.geteuid() == 0, "only root may mount, or give files away")


class TestDisk:
    @pytest.fixture
    def small(self, ground: Path) -> Iterator[Path]:
        """A file system of its own, of 1 MB."""
        disk = ground / "small"
        disk.mkdir()
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=200", "tmpfs", disk], check=True
        )
        try:
            yield disk
        finally:
            subprocess.run(["umount", disk], check=True)

    @needs_root
    def test_a_full_disk_is_an_error_and_deleting_works(
        self, small: Path, handle: str, snapshot: str
    ) -> None:
        storage = Directory(str(small / "storage"), INSTALLATION)
        storage.prepare(INSTALLATION)
        storage.create(handle, 10)
        Path(storage.source(handle), "file").write_bytes(b"x" * 600_000)
        with pytest.raises(BackendError, match="the disk is full") as full:
            storage.snapshot(handle, snapshot)
        assert not full.value.permanent
        assert isinstance(full.value.__cause__, OSError)
        assert_only(storage, {StoredItem(handle)})
        subprocess.run(["dd", "if=/dev/zero", f"of={small}/rest"], capture_output=True, check=False)
        storage.delete(handle)
        assert storage.is_empty()

    @needs_root
    def test_delete_works_on_a_disk_without_free_inodes(self, small: Path, handle: str) -> None:
        storage = Directory(str(small / "storage"), INSTALLATION)
        storage.prepare(INSTALLATION)
        storage.create(handle, 10)
        write_files(Path(storage.source(handle)))
        Path(storage.root, ".trash").rmdir()
        with pytest.raises(OSError, match="No space left"):
            use_up(small)
        storage.delete(handle)
        assert storage.is_empty()

    @needs_root
    def test_a_read_only_disk_is_reported(self, small: Path, handle: str) -> None:
        storage = Directory(str(small), INSTALLATION)
        storage.prepare(INSTALLATION)
        storage.create(handle, 10)
        subprocess.run(["mount", "-o", "remount,ro", small], check=True)
        assert storage.exists(handle)
        with pytest.raises(BackendError, match="read-only"):
            storage.create(new_id(), 10)
        with pytest.raises(BackendError, match="read-only"):
            storage.delete(handle)

    def test_too_many_open_files_are_reported(self, storage: Directory, handle: str) -> None:
        with pytest.raises(BackendError, match="too many files open"):
            run_in_child(without_descriptors, storage.create, handle, 10)

    def test_a_storage_without_write_permission_is_an_error_with_a_cure(
        self, storage: Directory, handle: str
    ) -> None:
        Path(storage.root).chmod(0o755)
        with pytest.raises(BackendError, match="make it the owner of the files"):
            run_as_nobody(storage.create, handle, 10)


def without_descriptors(operation: Callable[..., Any], *args: Any) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    operation(*args)


def use_up(disk: Path) -> None:
    for number in range(100_000):
        (disk / str(number)).mkdir()
