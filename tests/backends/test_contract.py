"""What every backend owes, asked of every backend."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.backends.helpers import INSTALLATION, in_sixteen_threads
from volumes.backends import Backend, BackendError, Found
from volumes.backends.directory import Directory
from volumes.backends.memory import Memory


class InMemory:
    def __init__(self, _path: Path) -> None:
        self.backend = Memory(INSTALLATION)

    def mark(self, installation: str | None) -> None:
        self.backend.owner = installation

    def something_to_adopt(self) -> str:
        self.backend.adoptable["/srv/old"] = 4096
        return "/srv/old"


class InDirectory:
    def __init__(self, path: Path) -> None:
        self.root = path / "storage"
        self.path = path
        self.backend = Directory(str(self.root), INSTALLATION)
        self.backend.prepare(INSTALLATION)

    def mark(self, installation: str | None) -> None:
        (self.root / ".holdfast").write_text(installation or "")

    def something_to_adopt(self) -> str:
        old = self.path / "old"
        old.mkdir()
        (old / "file").write_bytes(b"x" * 10_000)
        return str(old)


@pytest.fixture(params=[InMemory, InDirectory])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return request.param(tmp_path)


@pytest.fixture
def backend(place: Any) -> Any:
    return place.backend


# Constant: parallel runs collect the same tests in each process.
HANDLE = "0199a000-0000-7000-8000-000000000001"
SNAPSHOT = "0199a000-0000-7000-8000-000000000002"
TARGET = "0199a000-0000-7000-8000-000000000003"

OPERATIONS = [
    ("check",),
    ("create", HANDLE, 10),
    ("clone", HANDLE, SNAPSHOT, TARGET, 10),
    ("check_adoptable", "/srv/old"),
    ("adopt", HANDLE, "/srv/old", 10),
    ("grow", HANDLE, 20),
    ("exists", HANDLE),
    ("usage", HANDLE),
    ("delete", HANDLE),
    ("snapshot", HANDLE, SNAPSHOT),
    ("delete_snapshot", HANDLE, SNAPSHOT),
    ("inventory",),
    ("leftovers",),
    ("last_changed", HANDLE),
]

NAMING = [
    ("create", "{}", 10),
    ("clone", "{}", SNAPSHOT, TARGET, 10),
    ("clone", HANDLE, "{}", TARGET, 10),
    ("clone", HANDLE, SNAPSHOT, "{}", 10),
    ("adopt", "{}", "/srv/old", 10),
    ("grow", "{}", 20),
    ("exists", "{}"),
    ("exists", "{}", SNAPSHOT),
    ("exists", HANDLE, "{}"),
    ("usage", "{}"),
    ("source", "{}"),
    ("delete", "{}"),
    ("snapshot", "{}", SNAPSHOT),
    ("snapshot", HANDLE, "{}"),
    ("delete_snapshot", "{}", SNAPSHOT),
    ("delete_snapshot", HANDLE, "{}"),
    ("last_changed", "{}"),
    ("last_changed", HANDLE, "{}"),
]


class TestContract:
    def test_a_prepared_storage_is_ours_and_empty(self, backend: Backend) -> None:
        backend.check()
        assert backend.marker() == INSTALLATION
        assert backend.is_empty()

    def test_preparing_again_changes_nothing(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        backend.prepare(INSTALLATION)
        assert backend.exists(HANDLE)
        assert not backend.is_empty()

    def test_preparing_never_takes_over_the_storage_of_another(self, place: Any) -> None:
        place.mark("another")
        with pytest.raises(BackendError, match="another installation"):
            place.backend.prepare(INSTALLATION)
        assert place.backend.marker() == "another"

    @pytest.mark.parametrize("marked", [None, "another"])
    @pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation[0])
    def test_nothing_is_done_in_a_storage_that_is_not_ours(
        self, place: Any, operation: tuple[Any, ...], marked: str | None
    ) -> None:
        place.backend.create(HANDLE, 10)
        place.backend.snapshot(HANDLE, SNAPSHOT)
        place.mark(marked)
        with pytest.raises(BackendError, match="init_storage"):
            getattr(place.backend, operation[0])(*operation[1:])
        place.mark(INSTALLATION)
        assert set(place.backend.inventory()) == {Found(HANDLE), Found(HANDLE, SNAPSHOT)}

    @pytest.mark.parametrize("name", ["", "..", ".tmp", "/etc", "A" * 36, f"{HANDLE}/..", "\0"])
    @pytest.mark.parametrize("operation", NAMING, ids=lambda operation: operation[0])
    def test_a_name_that_is_no_identifier_is_refused_for_good(
        self, backend: Backend, operation: tuple[Any, ...], name: str
    ) -> None:
        method, *arguments = [name if part == "{}" else part for part in operation]
        with pytest.raises(BackendError) as refused:
            getattr(backend, method)(*arguments)
        assert refused.value.permanent
        assert backend.is_empty()

    def test_a_volume_is_there_from_create_to_delete(self, backend: Backend) -> None:
        assert not backend.exists(HANDLE)
        backend.create(HANDLE, 10)
        backend.grow(HANDLE, 20)
        assert backend.exists(HANDLE)
        assert backend.usage(HANDLE) >= 0
        assert HANDLE in backend.source(HANDLE)
        backend.delete(HANDLE)
        assert not backend.exists(HANDLE)
        assert backend.is_empty()

    def test_a_snapshot_fills_another_volume_that_outlives_it(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        backend.snapshot(HANDLE, SNAPSHOT)
        backend.clone(HANDLE, SNAPSHOT, TARGET, 20)
        backend.delete_snapshot(HANDLE, SNAPSHOT)
        backend.delete(HANDLE)
        assert backend.exists(TARGET)
        assert list(backend.inventory()) == [Found(TARGET)]

    def test_a_snapshot_is_there_from_taking_to_deleting(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        assert not backend.exists(HANDLE, SNAPSHOT)
        backend.snapshot(HANDLE, SNAPSHOT)
        assert backend.exists(HANDLE, SNAPSHOT)
        backend.delete_snapshot(HANDLE, SNAPSHOT)
        assert not backend.exists(HANDLE, SNAPSHOT)
        assert backend.exists(HANDLE)

    def test_what_was_done_leaves_nothing_over(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        backend.snapshot(HANDLE, SNAPSHOT)
        backend.clone(HANDLE, SNAPSHOT, TARGET, 10)
        backend.delete(HANDLE)
        assert list(backend.leftovers()) == []

    def test_deleting_a_volume_takes_its_snapshots_along(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        backend.snapshot(HANDLE, SNAPSHOT)
        backend.delete(HANDLE)
        assert list(backend.inventory()) == []

    @pytest.mark.parametrize(
        "operation",
        [
            ("grow", HANDLE, 20),
            ("usage", HANDLE),
            ("snapshot", HANDLE, SNAPSHOT),
            ("clone", HANDLE, SNAPSHOT, TARGET, 10),
            ("last_changed", HANDLE),
            ("last_changed", HANDLE, SNAPSHOT),
            ("adopt", HANDLE, "/nowhere/at/all", 10),
            ("check_adoptable", "/nowhere/at/all"),
        ],
        ids=lambda operation: operation[0],
    )
    def test_what_is_missing_is_an_error_and_never_made_anew(
        self, backend: Backend, operation: tuple[Any, ...]
    ) -> None:
        with pytest.raises(BackendError):
            getattr(backend, operation[0])(*operation[1:])
        assert backend.is_empty()

    def test_a_clone_of_a_missing_snapshot_says_so(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        with pytest.raises(BackendError, match="snapshot's data is missing"):
            backend.clone(HANDLE, SNAPSHOT, TARGET, 10)
        assert not backend.exists(TARGET)

    def test_an_adopted_directory_is_a_volume(self, place: Any) -> None:
        path = place.something_to_adopt()
        used = place.backend.check_adoptable(path)
        place.backend.adopt(HANDLE, path, 10)
        place.backend.adopt(HANDLE, path, 10)
        assert place.backend.usage(HANDLE) == used > 0

    def test_a_volume_that_has_data_adopts_nothing(self, place: Any) -> None:
        path = place.something_to_adopt()
        place.backend.create(HANDLE, 10)
        with pytest.raises(BackendError) as refused:
            place.backend.adopt(HANDLE, path, 10)
        assert refused.value.permanent
        assert place.backend.check_adoptable(path) > 0

    def test_what_was_just_made_has_just_changed(self, backend: Backend) -> None:
        before = time.time() - 1
        backend.create(HANDLE, 10)
        backend.snapshot(HANDLE, SNAPSHOT)
        assert before < backend.last_changed(HANDLE) < before + 60
        assert before < backend.last_changed(HANDLE, SNAPSHOT) < before + 60

    def test_ten_times_in_a_row_ends_as_once(self, backend: Backend) -> None:
        for _ in range(10):
            backend.create(HANDLE, 10)
            backend.grow(HANDLE, 20)
            backend.snapshot(HANDLE, SNAPSHOT)
            backend.clone(HANDLE, SNAPSHOT, TARGET, 20)
        assert set(backend.inventory()) == {Found(HANDLE), Found(HANDLE, SNAPSHOT), Found(TARGET)}
        for _ in range(10):
            backend.delete_snapshot(HANDLE, SNAPSHOT)
            backend.delete(HANDLE)
            backend.delete(TARGET)
        assert backend.is_empty()

    def test_sixteen_at_once_end_as_one(self, backend: Backend) -> None:
        assert in_sixteen_threads(backend.create, HANDLE, 10) == []
        assert in_sixteen_threads(backend.snapshot, HANDLE, SNAPSHOT) == []
        assert in_sixteen_threads(backend.clone, HANDLE, SNAPSHOT, TARGET, 10) == []
        assert set(backend.inventory()) == {Found(HANDLE), Found(HANDLE, SNAPSHOT), Found(TARGET)}
        assert in_sixteen_threads(backend.delete_snapshot, HANDLE, SNAPSHOT) == []
        assert in_sixteen_threads(backend.delete, HANDLE) == []
        assert list(backend.inventory()) == [Found(TARGET)]
