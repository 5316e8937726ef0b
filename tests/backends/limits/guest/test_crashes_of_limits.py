"""A process that is killed while it limits a volume leaves no project behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backends.helpers import INSTALLATION, assert_only, new_id, write_files
from tests.backends.limits.guest.helpers import (
    assert_no_projects,
    is_killed_at,
    limits,
    reservations,
)
from tests.faults.table import WITH_PROJECT_QUOTAS
from volumes.backends import StoredItem
from volumes.backends.directory import Directory
from volumes.backends.project_quotas import project_of

HANDLE, SNAPSHOT, SOURCE = new_id(), new_id(), new_id()
PREPARING = ["volume:half-made", "project:recorded", "project:reserved", "project:assigned"]
MAKING = [*PREPARING, "project:limited", "volume:marked", "volume:made", "volume:in-place"]
IN_PLACE = [
    *("project:recorded", "project:reserved", "project:one-assigned"),
    *("project:tree-assigned", "project:limited", "project:finished"),
]
REMOVING = [
    *("trash:before", "trash:moved", "remove:one-removed"),
    *("project:limit-removed", "project:released", "trash:removed"),
]

Operation = Callable[[Directory], object]


def nothing(storage: Directory) -> None:
    pass


def create(storage: Directory) -> None:
    storage.create(HANDLE, 10)


def create_with_files(storage: Directory) -> None:
    create(storage)
    write_files(Path(storage.source(HANDLE)))


def create_without_limit(storage: Directory) -> None:
    create_with_files(Directory(storage.root, INSTALLATION, limits="off"))


def take_snapshot(storage: Directory) -> None:
    storage.create(SOURCE, 10)
    write_files(Path(storage.source(SOURCE)))
    storage.snapshot(SOURCE, SNAPSHOT)


def clone(storage: Directory) -> None:
    storage.clone(SOURCE, SNAPSHOT, HANDLE, 10)


def make_old(storage: Directory) -> None:
    write_files(Path(storage.root).with_name("old"))


def adopt(storage: Directory) -> None:
    storage.adopt(HANDLE, str(Path(storage.root).with_name("old")), 10)


def enforce(storage: Directory) -> None:
    storage.enforce(HANDLE, 10)


def delete(storage: Directory) -> None:
    storage.delete(HANDLE)


MADE: list[tuple[Operation, Operation, list[str]]] = [
    (nothing, create, MAKING),
    (take_snapshot, clone, MAKING),
    (make_old, adopt, ["adopt:moved", *IN_PLACE]),
    (create_without_limit, enforce, IN_PLACE),
]
CASES = [(begin, operation, point) for begin, operation, points in MADE for point in points]
IDS = [f"{operation.__name__} at {point}" for _, operation, point in CASES]


@pytest.mark.parametrize(("begin", "operation", "point"), CASES, ids=IDS)
def test_a_killed_operation_that_is_repeated_is_complete_and_limited(
    storage: Directory, begin: Operation, operation: Operation, point: str
) -> None:
    begin(storage)
    assert is_killed_at(point, operation, storage)
    operation(storage)
    ours = {project for project, owner in reservations(storage).items() if owner == HANDLE}
    assert set(reservations(storage)) == set(limits(storage)) >= ours
    assert len(ours) == 1
    data = Path(storage.source(HANDLE))
    for path in [data, *(path for path in data.rglob("*") if not path.is_symlink())]:
        fd = os.open(path, os.O_RDONLY)
        assert {project_of(fd)[0]} == ours
        os.close(fd)
    assert os.statvfs(data).f_blocks * os.statvfs(data).f_frsize == 10 * 2**20
    storage.delete(HANDLE)
    storage.delete(SOURCE)
    assert_no_projects(storage)
    assert_only(storage, set())


@pytest.mark.parametrize(("begin", "operation", "point"), CASES, ids=IDS)
def test_deleting_after_a_killed_operation_leaves_no_project(
    storage: Directory, begin: Operation, operation: Operation, point: str
) -> None:
    begin(storage)
    assert is_killed_at(point, operation, storage)
    storage.delete(HANDLE)
    storage.delete(SOURCE)
    assert_no_projects(storage)
    assert_only(storage, set())


def test_the_table_has_every_point_that_needs_project_quotas() -> None:
    assert {*MAKING, *IN_PLACE, *REMOVING} >= set(WITH_PROJECT_QUOTAS)


@pytest.mark.parametrize("point", REMOVING)
def test_a_removal_that_is_repeated_leaves_no_project(storage: Directory, point: str) -> None:
    create_with_files(storage)
    storage.create(SOURCE, 10)
    assert is_killed_at(point, delete, storage)
    delete(storage)
    assert set(reservations(storage).values()) == {SOURCE}
    assert list(limits(storage).values()) == [10]
    assert_only(storage, {StoredItem(SOURCE)})
