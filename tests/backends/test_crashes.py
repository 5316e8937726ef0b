"""What a process that was killed leaves, and how the next one copes."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backends.helpers import (
    INSTALLATION,
    assert_only,
    is_killed_at,
    memory_disk,
    metadata_by_path,
    names_below,
    new_id,
    write_files,
)
from volumes.backends import BackendError, StoredItem
from volumes.backends.base import Leftover
from volumes.backends.directory import Directory

# What is done, how it begins, and what is there afterwards; every one is killed at every request
# that it makes to the file system, and then run again.
HANDLE, SNAPSHOT, TARGET = new_id(), new_id(), new_id()


def with_nothing(storage: Directory) -> None:
    pass


def with_a_volume(storage: Directory) -> None:
    storage.create(HANDLE, 10)
    write_files(Path(storage.source(HANDLE)))


def with_a_snapshot(storage: Directory) -> None:
    with_a_volume(storage)
    storage.snapshot(HANDLE, SNAPSHOT)


def with_an_old_directory(storage: Directory) -> None:
    write_files(Path(storage.root).with_name("old"))


def adopt(storage: Directory) -> None:
    storage.adopt(HANDLE, str(Path(storage.root).with_name("old")), 10)


CRASHES: list[
    tuple[Callable[[Directory], None], Callable[[Directory], object], set[StoredItem]]
] = [
    (with_nothing, lambda storage: storage.prepare(INSTALLATION), set()),
    (with_nothing, lambda storage: storage.create(HANDLE, 10), {StoredItem(HANDLE)}),
    (with_an_old_directory, adopt, {StoredItem(HANDLE)}),
    (with_a_volume, lambda storage: storage.delete(HANDLE), set()),
    (
        with_a_volume,
        lambda storage: storage.snapshot(HANDLE, SNAPSHOT),
        {StoredItem(HANDLE), StoredItem(HANDLE, SNAPSHOT)},
    ),
    (
        with_a_snapshot,
        lambda storage: storage.clone(HANDLE, SNAPSHOT, TARGET, 10),
        {StoredItem(HANDLE), StoredItem(HANDLE, SNAPSHOT), StoredItem(TARGET)},
    ),
    (
        with_a_snapshot,
        lambda storage: storage.delete_snapshot(HANDLE, SNAPSHOT),
        {StoredItem(HANDLE)},
    ),
]

MADE = ["create", "snapshot", "clone"]
MAKING: list[tuple[Callable[[Directory], None], Callable[[Directory], object], str]] = [
    (with_nothing, lambda storage: storage.create(HANDLE, 10), HANDLE),
    (
        with_a_volume,
        lambda storage: storage.snapshot(HANDLE, SNAPSHOT),
        f"{HANDLE}.{SNAPSHOT}",
    ),
    (with_a_snapshot, lambda storage: storage.clone(HANDLE, SNAPSHOT, TARGET, 10), TARGET),
]
"""What is made, how it begins, and how the names of its leftovers begin."""


class TestCrashes:
    @pytest.fixture
    def disk(self) -> Path:
        return memory_disk()

    @pytest.mark.parametrize(
        ("begin", "operation", "end"),
        CRASHES,
        ids=["prepare", "create", "adopt", "delete", "snapshot", "clone", "delete_snapshot"],
    )
    def test_an_operation_killed_anywhere_and_repeated_has_the_usual_result(
        self,
        ground: Path,
        begin: Callable[[Directory], None],
        operation: Callable[[Directory], object],
        end: set[StoredItem],
    ) -> None:
        step = 1
        killed = True
        while killed:
            (ground / str(step)).mkdir()
            storage = Directory(str(ground / str(step) / "storage"), INSTALLATION)
            storage.prepare(INSTALLATION)
            begin(storage)
            killed = is_killed_at(step, operation, storage)
            # Whatever has its final name is whole.
            for whole in Path(storage.root).glob("*-*/snapshots/*"):
                assert metadata_by_path(whole) == metadata_by_path(Path(storage.source(HANDLE)))
            for whole in Path(storage.root).glob(f"{TARGET}/data"):
                assert metadata_by_path(whole) == metadata_by_path(Path(storage.source(HANDLE)))
            operation(storage)
            assert_only(storage, end)
            step += 1
        assert step > 5

    @pytest.mark.parametrize(("begin", "operation", "made"), MAKING, ids=MADE)
    def test_a_repeated_operation_removes_leftovers_of_killed_ones(
        self,
        ground: Path,
        begin: Callable[[Directory], None],
        operation: Callable[[Directory], object],
        made: str,
    ) -> None:
        step = 1
        killed = True
        while killed:
            (ground / str(step)).mkdir()
            storage = Directory(str(ground / str(step) / "storage"), INSTALLATION)
            storage.prepare(INSTALLATION)
            begin(storage)
            (Path(storage.root) / ".tmp" / f"{made}.0" / "data").mkdir(parents=True)
            (Path(storage.root) / ".tmp" / f"{made}.0a" / "data").mkdir(parents=True)
            killed = is_killed_at(step, operation, storage)
            operation(storage)
            assert os.listdir(Path(storage.root, ".tmp")) == []
            step += 1
        assert step > 5

    @pytest.mark.parametrize(("begin", "operation", "made"), MAKING, ids=MADE)
    def test_leftovers_of_an_overtaken_operation_are_removed_by_the_next(
        self,
        storage: Directory,
        begin: Callable[[Directory], None],
        operation: Callable[[Directory], object],
        made: str,
    ) -> None:
        begin(storage)
        operation(storage)
        (Path(storage.root) / ".tmp" / f"{made}.0a" / "data").mkdir(parents=True)
        operation(storage)
        assert os.listdir(Path(storage.root, ".tmp")) == []

    def test_leftovers_are_listed_dated_and_removed(
        self, storage: Directory, handle: str, snapshot: str
    ) -> None:
        root = Path(storage.root)
        (root / ".tmp" / f"{handle}.0a" / "data").mkdir(parents=True)
        (root / ".trash" / f"{handle}.0b").mkdir()
        (root / ".trash" / f"{handle}.{snapshot}.0c").mkdir()
        (root / ".trash" / "foreign").mkdir()
        (root / "foreign").mkdir()
        assert set(storage.inventory()) == {StoredItem(handle), StoredItem(handle, snapshot)}
        leftovers = [one for one in storage.leftovers() if isinstance(one, Leftover)]
        assert {leftover.item for leftover in leftovers} == set(storage.inventory())
        assert all(leftover.since > time.time() - 60 for leftover in leftovers)
        assert storage.last_changed(handle) > time.time() - 60
        assert storage.last_changed(handle, snapshot) > time.time() - 60
        storage.delete(handle)
        assert list(storage.inventory()) == []
        assert names_below(root) == {
            ".holdfast", ".tmp", ".trash", ".trash/foreign", "foreign"
        }  # fmt: skip

    def test_leftovers_of_one_item_are_removed_without_the_others(
        self, storage: Directory, handle: str, snapshot: str
    ) -> None:
        root = Path(storage.root)
        (root / ".tmp" / f"{handle}.0" / "data").mkdir(parents=True)
        (root / ".trash" / f"{handle}.0b").mkdir()
        (root / ".tmp" / f"{handle}.{snapshot}.0c").mkdir()
        storage.remove_leftovers(handle, None, time.time() - 60)
        assert set(storage.inventory()) == {StoredItem(handle), StoredItem(handle, snapshot)}
        storage.remove_leftovers(handle, None, time.time() + 60)
        storage.remove_leftovers(handle, None, time.time() + 60)
        assert list(storage.inventory()) == [StoredItem(handle, snapshot)]

    def test_leftovers_of_a_running_process_stay(self, storage: Directory, handle: str) -> None:
        piece = Path(storage.root) / ".tmp" / f"{handle}.0"
        piece.mkdir()
        fd = os.open(piece, os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        storage.remove_leftovers(handle, None, time.time() + 60)
        assert piece.exists()
        os.close(fd)
        storage.remove_leftovers(handle, None, time.time() + 60)
        assert not piece.exists()

    def test_deleting_a_snapshot_removes_only_its_own_leftovers(
        self, storage: Directory, data: Path, handle: str, snapshot: str
    ) -> None:
        root = Path(storage.root)
        other = new_id()
        (root / ".tmp" / f"{handle}.{snapshot}.0a").mkdir()
        (root / ".trash" / f"{handle}.{snapshot}.0b").mkdir()
        (root / ".trash" / f"{handle}.{other}.0c").mkdir()
        storage.delete_snapshot(handle, snapshot)
        assert set(storage.inventory()) == {StoredItem(handle), StoredItem(handle, other)}

    def test_vanished_data_with_snapshots_is_not_created_again(
        self, storage: Directory, data: Path, handle: str, snapshot: str
    ) -> None:
        storage.snapshot(handle, snapshot)
        data.rmdir()
        with pytest.raises(BackendError, match="Something"):
            storage.create(handle, 10)
        assert not storage.exists(handle)
