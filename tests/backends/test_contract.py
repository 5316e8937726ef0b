"""The contract of storage backends, tested with every backend."""

import shutil
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.backends.helpers import INSTALLATION, errors_in_16_threads
from volumes.backends import (
    Backend,
    BackendError,
    DataState,
    Measurement,
    StorageUnavailable,
    StoredItem,
    Unreadable,
)
from volumes.backends.directory import Directory
from volumes.backends.memory import Memory
from volumes.backends.registry import BACKENDS, backend_class


class InMemory:
    def __init__(self, _path: Path, backend: Memory) -> None:
        self.backend = backend

    def mark(self, installation: str | None) -> None:
        self.backend.owner = installation

    def something_to_adopt(self) -> str:
        self.backend.adoptable["/srv/old"] = 4096
        return "/srv/old"

    def lose(self, handle: str, snapshot: str | None = None) -> None:
        self.backend.volumes.pop(handle if snapshot is None else "", None)
        self.backend.snapshots.pop((handle, snapshot or ""), None)

    def put_foreign_data(self, handle: str, snapshot: str | None = None, *, file: bool) -> None:
        self.backend.foreign[handle, snapshot] = file


class InDirectory:
    def __init__(self, path: Path, backend: Directory) -> None:
        self.root = path / "storage"
        self.path = path
        self.backend = backend

    def mark(self, installation: str | None) -> None:
        (self.root / ".holdfast").write_text(installation or "")

    def something_to_adopt(self) -> str:
        old = self.path / "old"
        old.mkdir()
        (old / "file").write_bytes(b"x" * 10_000)
        return str(old)

    def lose(self, handle: str, snapshot: str | None = None) -> None:
        shutil.rmtree(self._path(handle, snapshot))

    def put_foreign_data(self, handle: str, snapshot: str | None = None, *, file: bool) -> None:
        path = self._path(handle, snapshot)
        path.mkdir(parents=True)
        (path / "file").touch() if file else None

    def _path(self, handle: str, snapshot: str | None) -> Path:
        return self.root.joinpath(handle, *(("snapshots", snapshot) if snapshot else ("data",)))


PLACES = {"memory": InMemory, "directory": InDirectory}


@pytest.fixture(params=BACKENDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    settings = SimpleNamespace(
        STORAGE_ROOT=tmp_path / "storage",
        STORAGE_LIMITS="auto",
        VOLUME_UID=None,
        VOLUME_GID=None,
        VOLUME_MODE=0o700,
    )
    backend = backend_class(request.param).from_settings(settings, INSTALLATION)
    backend.prepare(INSTALLATION)
    return PLACES[request.param](tmp_path, backend)


@pytest.fixture
def backend(place: Any) -> Any:
    return place.backend


# Constant: parallel runs collect the same tests in each process.
HANDLE = "0199a000-0000-7000-8000-000000000001"
SNAPSHOT = "0199a000-0000-7000-8000-000000000002"
TARGET = "0199a000-0000-7000-8000-000000000003"

OPERATIONS = [
    ("check",),
    ("capabilities",),
    ("capacity",),
    ("create", HANDLE, 10),
    ("clone", HANDLE, SNAPSHOT, TARGET, 10),
    ("check_adoptable", "/srv/old"),
    ("adopt", HANDLE, "/srv/old", 10),
    ("grow", HANDLE, 20),
    ("exists", HANDLE),
    ("state", HANDLE),
    ("accept", HANDLE),
    ("has_content", HANDLE),
    ("usage", HANDLE),
    ("delete", HANDLE),
    ("snapshot", HANDLE, SNAPSHOT),
    ("delete_snapshot", HANDLE, SNAPSHOT),
    ("inventory",),
    ("leftovers",),
    ("remove_leftovers", HANDLE, None, 0.0),
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
    ("state", "{}"),
    ("state", HANDLE, "{}"),
    ("accept", "{}"),
    ("accept", HANDLE, "{}"),
    ("has_content", "{}"),
    ("usage", "{}"),
    ("source", "{}"),
    ("delete", "{}"),
    ("snapshot", "{}", SNAPSHOT),
    ("snapshot", HANDLE, "{}"),
    ("delete_snapshot", "{}", SNAPSHOT),
    ("delete_snapshot", HANDLE, "{}"),
    ("remove_leftovers", "{}", None, 0.0),
    ("remove_leftovers", HANDLE, "{}", 0.0),
    ("last_changed", "{}"),
    ("last_changed", HANDLE, "{}"),
]


class TestContract:
    def test_a_prepared_storage_is_empty(self, backend: Backend) -> None:
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
    def test_every_operation_refuses_the_storage_of_another_installation(
        self, place: Any, operation: tuple[Any, ...], marked: str | None
    ) -> None:
        place.backend.create(HANDLE, 10)
        place.backend.snapshot(HANDLE, SNAPSHOT)
        place.mark(marked)
        with pytest.raises(BackendError, match="init_storage"):
            getattr(place.backend, operation[0])(*operation[1:])
        place.mark(INSTALLATION)
        assert set(place.backend.inventory()) == {StoredItem(HANDLE), StoredItem(HANDLE, SNAPSHOT)}

    @pytest.mark.parametrize("name", ["", "..", ".tmp", "/etc", "A" * 36, f"{HANDLE}/..", "\0"])
    @pytest.mark.parametrize("operation", NAMING, ids=lambda operation: operation[0])
    def test_an_invalid_identifier_is_a_permanent_error(
        self, backend: Backend, operation: tuple[Any, ...], name: str
    ) -> None:
        method, *arguments = [name if part == "{}" else part for part in operation]
        with pytest.raises(BackendError) as refused:
            getattr(backend, method)(*arguments)
        assert refused.value.permanent
        assert backend.is_empty()

    def test_a_volume_exists_from_create_to_delete(self, backend: Backend) -> None:
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
        assert list(backend.inventory()) == [StoredItem(TARGET)]

    def test_a_snapshot_exists_from_create_to_delete(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        assert not backend.exists(HANDLE, SNAPSHOT)
        backend.snapshot(HANDLE, SNAPSHOT)
        assert backend.exists(HANDLE, SNAPSHOT)
        backend.delete_snapshot(HANDLE, SNAPSHOT)
        assert not backend.exists(HANDLE, SNAPSHOT)
        assert backend.exists(HANDLE)

    def test_a_snapshot_keeps_the_time_when_copying_began(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        first = backend.snapshot(HANDLE, SNAPSHOT, 1_700_000_000.25)
        assert first == 1_700_000_000.25
        assert backend.snapshot(HANDLE, SNAPSHOT, 1_800_000_000.0) == first
        backend.delete_snapshot(HANDLE, SNAPSHOT)
        assert backend.snapshot(HANDLE, SNAPSHOT, 1_800_000_000.0) == 1_800_000_000.0

    def test_the_default_time_of_a_snapshot_is_that_of_the_call(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        before = time.time()
        assert before - 1 <= backend.snapshot(HANDLE, SNAPSHOT) <= time.time() + 1

    def test_the_backend_declares_the_consistency_of_its_snapshots(self, backend: Backend) -> None:
        assert backend.consistency in {"instant", "files"}

    def test_the_backend_lists_its_capabilities_with_cures(self, backend: Backend) -> None:
        can = backend.capabilities()
        assert can.instant_snapshots is (backend.consistency == "instant")
        assert bool(can.no_enforcement_reason) is not can.enforces_sizes
        assert bool(can.no_instant_snapshots_reason) is not can.instant_snapshots

    def test_a_healthy_storage_has_no_problems(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        assert backend.diagnose().problems == []

    def test_the_capacity_is_in_bytes(self, backend: Backend) -> None:
        capacity = backend.capacity()
        assert capacity.total >= 2**20
        assert 0 <= capacity.free <= capacity.total

    def test_states_are_returned_in_the_order_of_the_request(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        backend.snapshot(HANDLE, SNAPSHOT)
        items = [StoredItem(TARGET), StoredItem(HANDLE, SNAPSHOT), StoredItem(HANDLE)]
        assert list(backend.states(items)) == [
            (StoredItem(TARGET), DataState.MISSING),
            (StoredItem(HANDLE, SNAPSHOT), DataState.OWN),
            (StoredItem(HANDLE), DataState.OWN),
        ]

    def test_an_unreadable_state_does_not_stop_the_batch(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        (_, unreadable), (_, state) = backend.states([StoredItem(".."), StoredItem(HANDLE)])
        assert isinstance(unreadable, Unreadable)
        assert "is not an identifier" in unreadable.error.detail
        assert state is DataState.OWN

    def test_measurements_are_returned_in_the_order_of_the_request(self, place: Any) -> None:
        path = place.something_to_adopt()
        used = place.backend.check_adoptable(path)
        place.backend.adopt(HANDLE, path, 10)
        place.backend.create(TARGET, 10)
        (missing, adopted, empty) = place.backend.measurements([SNAPSHOT, HANDLE, TARGET])
        assert missing[0] == SNAPSHOT
        assert isinstance(missing[1], Unreadable)
        assert adopted == (HANDLE, Measurement(used, is_empty=False))
        assert (empty[0], empty[1].is_empty) == (TARGET, True)

    def test_batches_refuse_a_foreign_storage_at_once(self, place: Any) -> None:
        place.backend.create(HANDLE, 10)
        place.mark(None)
        with pytest.raises(StorageUnavailable):
            list(place.backend.states([StoredItem(HANDLE)]))
        with pytest.raises(StorageUnavailable):
            list(place.backend.measurements([HANDLE]))

    def test_finished_operations_leave_no_leftovers(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        backend.snapshot(HANDLE, SNAPSHOT)
        backend.clone(HANDLE, SNAPSHOT, TARGET, 10)
        backend.delete(HANDLE)
        assert list(backend.leftovers()) == []

    def test_deleting_a_volume_deletes_its_snapshots(self, backend: Backend) -> None:
        backend.create(HANDLE, 10)
        backend.snapshot(HANDLE, SNAPSHOT)
        backend.delete(HANDLE)
        assert list(backend.inventory()) == []

    @pytest.mark.parametrize(
        "operation",
        [
            ("grow", HANDLE, 20),
            ("usage", HANDLE),
            ("has_content", HANDLE),
            ("accept", HANDLE),
            ("accept", HANDLE, SNAPSHOT),
            ("snapshot", HANDLE, SNAPSHOT),
            ("clone", HANDLE, SNAPSHOT, TARGET, 10),
            ("last_changed", HANDLE),
            ("last_changed", HANDLE, SNAPSHOT),
            ("adopt", HANDLE, "/nowhere/at/all", 10),
            ("check_adoptable", "/nowhere/at/all"),
        ],
        ids=lambda operation: operation[0],
    )
    def test_missing_data_is_an_error_and_never_created_again(
        self, backend: Backend, operation: tuple[Any, ...]
    ) -> None:
        with pytest.raises(BackendError):
            getattr(backend, operation[0])(*operation[1:])
        assert backend.is_empty()

    def test_cloning_a_missing_snapshot_is_an_error(self, backend: Backend) -> None:
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

    def test_adoption_is_refused_when_the_volume_has_data(self, place: Any) -> None:
        path = place.something_to_adopt()
        place.backend.create(HANDLE, 10)
        with pytest.raises(BackendError) as refused:
            place.backend.adopt(HANDLE, path, 10)
        assert refused.value.permanent
        assert place.backend.check_adoptable(path) > 0

    def test_the_time_of_change_of_a_new_item_is_now(self, backend: Backend) -> None:
        before = time.time() - 1
        backend.create(HANDLE, 10)
        backend.snapshot(HANDLE, SNAPSHOT)
        assert before < backend.last_changed(HANDLE) < before + 60
        assert before < backend.last_changed(HANDLE, SNAPSHOT) < before + 60

    def test_an_operation_repeated_ten_times_has_the_same_result(self, backend: Backend) -> None:
        for _ in range(10):
            backend.create(HANDLE, 10)
            backend.grow(HANDLE, 20)
            backend.snapshot(HANDLE, SNAPSHOT)
            backend.clone(HANDLE, SNAPSHOT, TARGET, 20)
        assert set(backend.inventory()) == {
            StoredItem(HANDLE),
            StoredItem(HANDLE, SNAPSHOT),
            StoredItem(TARGET),
        }
        for _ in range(10):
            backend.delete_snapshot(HANDLE, SNAPSHOT)
            backend.delete(HANDLE)
            backend.delete(TARGET)
        assert backend.is_empty()

    def test_sixteen_concurrent_operations_have_the_result_of_one(self, backend: Backend) -> None:
        assert errors_in_16_threads(backend.create, HANDLE, 10) == []
        assert errors_in_16_threads(backend.snapshot, HANDLE, SNAPSHOT) == []
        assert errors_in_16_threads(backend.clone, HANDLE, SNAPSHOT, TARGET, 10) == []
        assert set(backend.inventory()) == {
            StoredItem(HANDLE),
            StoredItem(HANDLE, SNAPSHOT),
            StoredItem(TARGET),
        }
        assert errors_in_16_threads(backend.delete_snapshot, HANDLE, SNAPSHOT) == []
        assert errors_in_16_threads(backend.delete, HANDLE) == []
        assert list(backend.inventory()) == [StoredItem(TARGET)]


MAKING = [
    ("create", HANDLE, 10),
    ("clone", TARGET, SNAPSHOT, HANDLE, 10),
    ("adopt", HANDLE, "{}", 10),
]


@pytest.mark.parametrize("operation", MAKING, ids=lambda operation: operation[0])
class TestMakingInPlaceOfAnother:
    """A directory of the right name is not what was asked for."""

    @pytest.fixture
    def make(self, place: Any, operation: tuple[Any, ...]) -> Any:
        place.backend.create(TARGET, 10)
        place.backend.snapshot(TARGET, SNAPSHOT)
        path = place.something_to_adopt()
        method, *arguments = [path if part == "{}" else part for part in operation]
        return lambda: getattr(place.backend, method)(*arguments)

    def test_an_empty_directory_is_replaced(self, place: Any, make: Any) -> None:
        place.put_foreign_data(HANDLE, file=False)
        assert place.backend.state(HANDLE) is DataState.EMPTY
        make()
        assert place.backend.state(HANDLE) is DataState.OWN

    def test_a_directory_with_content_is_an_error_until_it_is_removed(
        self, place: Any, make: Any
    ) -> None:
        place.put_foreign_data(HANDLE, file=True)
        for _ in range(2):
            with pytest.raises(BackendError, match="Something") as refused:
                make()
            assert not refused.value.permanent
            assert "an operator has to look" in refused.value.message
            assert "/" not in refused.value.message
        assert place.backend.state(HANDLE) is DataState.UNMARKED
        place.backend.delete(HANDLE)
        make()
        assert place.backend.state(HANDLE) is DataState.OWN

    def test_finished_items_stay(self, place: Any, make: Any) -> None:
        make()
        assert place.backend.state(HANDLE) is DataState.OWN
        place.backend.create(HANDLE, 10)
        assert place.backend.state(HANDLE) is DataState.OWN


class TestIdentity:
    def test_new_items_are_marked(self, place: Any) -> None:
        backend = place.backend
        assert backend.state(HANDLE) is DataState.MISSING
        assert backend.state(HANDLE, SNAPSHOT) is DataState.MISSING
        backend.create(HANDLE, 10)
        backend.snapshot(HANDLE, SNAPSHOT)
        assert backend.state(HANDLE) is DataState.OWN
        assert backend.state(HANDLE, SNAPSHOT) is DataState.OWN

    def test_an_unmarked_empty_snapshot_is_replaced(self, place: Any) -> None:
        place.backend.create(HANDLE, 10)
        place.put_foreign_data(HANDLE, SNAPSHOT, file=False)
        place.backend.snapshot(HANDLE, SNAPSHOT)
        assert place.backend.state(HANDLE, SNAPSHOT) is DataState.OWN

    def test_a_snapshot_does_not_replace_a_directory_with_content(self, place: Any) -> None:
        place.backend.create(HANDLE, 10)
        place.put_foreign_data(HANDLE, SNAPSHOT, file=True)
        with pytest.raises(BackendError, match="Something"):
            place.backend.snapshot(HANDLE, SNAPSHOT)
        assert place.backend.state(HANDLE, SNAPSHOT) is DataState.UNMARKED

    @pytest.mark.parametrize(
        "operation",
        [
            ("grow", HANDLE, 20),
            ("usage", HANDLE),
            ("has_content", HANDLE),
            ("snapshot", HANDLE, SNAPSHOT),
        ],
        ids=lambda operation: operation[0],
    )
    def test_an_empty_directory_does_not_pass_for_vanished_data(
        self, place: Any, operation: tuple[Any, ...]
    ) -> None:
        place.backend.create(HANDLE, 10)
        place.lose(HANDLE)
        place.put_foreign_data(HANDLE, file=False)
        assert place.backend.state(HANDLE) is DataState.EMPTY
        assert not place.backend.exists(HANDLE)
        with pytest.raises(BackendError, match="missing"):
            getattr(place.backend, operation[0])(*operation[1:])
        assert not place.backend.exists(HANDLE, SNAPSHOT)

    def test_an_empty_directory_in_place_of_a_snapshot_is_not_cloned(self, place: Any) -> None:
        place.backend.create(HANDLE, 10)
        place.backend.snapshot(HANDLE, SNAPSHOT)
        place.lose(HANDLE, SNAPSHOT)
        place.put_foreign_data(HANDLE, SNAPSHOT, file=False)
        with pytest.raises(BackendError, match="missing"):
            place.backend.clone(HANDLE, SNAPSHOT, TARGET, 10)
        assert not place.backend.exists(TARGET)

    def test_data_restored_by_hand_exists_before_it_is_marked(self, place: Any) -> None:
        place.backend.create(HANDLE, 10)
        place.lose(HANDLE)
        place.put_foreign_data(HANDLE, file=True)
        assert place.backend.state(HANDLE) is DataState.UNMARKED
        assert place.backend.exists(HANDLE)
        assert place.backend.has_content(HANDLE)
        place.backend.grow(HANDLE, 20)
        place.backend.snapshot(HANDLE, SNAPSHOT)

    @pytest.mark.parametrize("snapshot", [None, SNAPSHOT])
    @pytest.mark.parametrize("file", [False, True])
    def test_accepted_data_is_marked(self, place: Any, snapshot: str | None, file: bool) -> None:
        place.backend.create(HANDLE, 10)
        place.backend.snapshot(HANDLE, SNAPSHOT)
        place.lose(HANDLE, snapshot)
        place.put_foreign_data(HANDLE, snapshot, file=file)
        for _ in range(2):
            place.backend.accept(HANDLE, snapshot)
            assert place.backend.state(HANDLE, snapshot) is DataState.OWN

    def test_only_a_directory_with_entries_has_content(self, place: Any) -> None:
        place.backend.create(HANDLE, 10)
        assert not place.backend.has_content(HANDLE)
