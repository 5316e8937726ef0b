"""A directory is a volume's data because it is marked, not because of its name."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from config import faultpoints
from tests.backends.helpers import (
    FORK,
    INSTALLATION,
    assert_only,
    at_fault_point,
    metadata_by_path,
    names_below,
    new_id,
    run_as_nobody,
    write_files,
)
from tests.support.needs import needs
from volumes.backends import BackendError, DataState, StoredItem
from volumes.backends.directory import Directory

needs_root = needs(os.geteuid() == 0, "only root may give files away")


@contextmanager
def in_a_loop(work: Callable[[], None]) -> Iterator[None]:
    """Another process does it again and again."""

    def loop() -> None:
        while True:
            with suppress(OSError):
                work()

    process = FORK.Process(target=loop, daemon=True)
    process.start()
    yield
    process.kill()
    process.join()


class TestMark:
    def test_the_mark_is_beside_the_data(
        self, storage: Directory, data: Path, handle: str, snapshot: str
    ) -> None:
        storage.snapshot(handle, snapshot)
        assert os.listdir(data) == []
        assert os.listdir(data.parent / "snapshots") == [snapshot]
        marks = [name for name in os.listdir(data.parent) if name.startswith(".")]
        assert len(marks) == 2

    def test_the_mark_is_synced_before_the_volume_is_renamed(
        self, storage: Directory, handle: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done: list[str] = []
        real = os.fsync

        def fsync(fd: int) -> None:
            done.append(Path(os.readlink(f"/proc/self/fd/{fd}")).name)
            real(fd)

        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(faultpoints, "hook", done.append)
        storage.create(handle, 10)
        marked, in_place = done.index("volume:marked"), done.index("volume:in-place")
        # The directory that the mark lies in, as long as it has its temporary name.
        assert f"{handle}.0" in done[marked:in_place]

    def test_a_replacement_with_the_same_inode_number_is_not_the_data(
        self, storage: Directory, data: Path, handle: str
    ) -> None:
        # ext4 hands out the number of a removed directory at once.
        data.rmdir()
        data.mkdir()
        assert storage.state(handle) is DataState.EMPTY

    def test_the_mark_stays_valid_when_the_data_is_moved_and_comes_back(
        self, storage: Directory, data: Path, ground: Path, handle: str
    ) -> None:
        data.rename(ground / "away")
        assert storage.state(handle) is DataState.MISSING
        (ground / "away").rename(data)
        assert storage.state(handle) is DataState.OWN

    def test_a_copy_of_the_volume_is_not_marked(
        self, storage: Directory, data: Path, handle: str
    ) -> None:
        copy = new_id()
        os.system(f"cp -a {data.parent} {data.parent.with_name(copy)}")
        assert storage.state(copy) is DataState.EMPTY

    def test_a_directory_or_link_with_its_name_is_no_mark(
        self, storage: Directory, data: Path, ground: Path, handle: str
    ) -> None:
        (mark,) = (path for path in data.parent.iterdir() if path.name.startswith("."))
        mark.unlink()
        (ground / "file").touch()
        mark.symlink_to(ground / "file")
        assert storage.state(handle) is DataState.EMPTY

    @needs_root
    def test_the_server_needs_no_rights_in_the_data(self, root: Path, handle: str) -> None:
        storage = Directory(str(root), INSTALLATION)
        run_as_nobody(storage.prepare, INSTALLATION)
        run_as_nobody(storage.create, handle, 10)
        data = Path(storage.source(handle))
        os.chown(data, 12345, 12345)
        data.chmod(0o700)
        assert run_as_nobody(storage.state, handle) is DataState.OWN
        (mark,) = (path for path in data.parent.iterdir() if path.name.startswith("."))
        mark.unlink()
        run_as_nobody(storage.accept, handle)
        assert run_as_nobody(storage.state, handle) is DataState.OWN

    def test_accepting_takes_only_a_real_directory(
        self, storage: Directory, data: Path, outside: Path, handle: str
    ) -> None:
        data.rmdir()
        data.symlink_to(outside)
        before = names_below(data.parent)
        with pytest.raises(BackendError):
            storage.accept(handle)
        assert names_below(data.parent) == before
        data.unlink()
        data.touch()
        with pytest.raises(BackendError):
            storage.accept(handle)


class TestReplacing:
    def test_owner_and_mode_are_as_configured(self, root: Path, handle: str) -> None:
        storage = Directory(str(root), INSTALLATION, mode=0o2770)
        storage.prepare(INSTALLATION)
        (root / handle / "data").mkdir(parents=True)
        (root / handle / "data").chmod(0o777)
        (root / handle).chmod(0o777)
        storage.create(handle, 10)
        assert stat.S_IMODE((root / handle / "data").stat().st_mode) == 0o2770
        assert stat.S_IMODE((root / handle).stat().st_mode) == 0o711
        assert_only(storage, {StoredItem(handle)})

    @pytest.mark.parametrize("point", ["volume:half-made", "volume:marked", "volume:made"])
    def test_a_directory_that_appears_meanwhile_is_replaced(
        self, storage: Directory, handle: str, point: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = Path(storage.source(handle))
        with at_fault_point(monkeypatch, point, lambda: place.mkdir(parents=True, mode=0o755)):
            storage.create(handle, 10)
        assert storage.state(handle) is DataState.OWN
        assert stat.S_IMODE(place.stat().st_mode) == 0o700

    def test_a_directory_that_appears_repeatedly_is_replaced(self, storage: Directory) -> None:
        for _ in range(20):
            handle = new_id()
            place = storage.source(handle)
            with in_a_loop(partial(os.makedirs, place, 0o755)):
                storage.create(handle, 10)
            assert storage.state(handle) is DataState.OWN
            assert stat.S_IMODE(os.stat(place).st_mode) == 0o700

    def test_a_clone_replaces_an_empty_directory(
        self, storage: Directory, data: Path, handle: str, snapshot: str, target: str
    ) -> None:
        write_files(data)
        storage.snapshot(handle, snapshot)
        Path(storage.source(target)).mkdir(parents=True)
        storage.clone(handle, snapshot, target, 10)
        assert metadata_by_path(Path(storage.source(target))) == metadata_by_path(data)

    @pytest.mark.parametrize("path", ["data/file", "file", "snapshots/file", "data/below/"])
    def test_a_directory_with_content_stays(
        self, storage: Directory, root: Path, handle: str, path: str
    ) -> None:
        (root / handle / path).parent.mkdir(parents=True)
        (root / handle / path).mkdir()
        with pytest.raises(BackendError) as refused:
            storage.create(handle, 10)
        assert str(root) in refused.value.detail
        assert str(root) not in refused.value.message
        assert (root / handle / path).exists()
        assert os.listdir(root / ".tmp") == []

    @pytest.mark.parametrize("name", ["", "data"])
    def test_a_link_or_file_in_its_place_is_an_error_and_stays(
        self, storage: Directory, root: Path, outside: Path, handle: str, name: str
    ) -> None:
        place = root / handle / name
        place.parent.mkdir(exist_ok=True)
        before = metadata_by_path(outside)
        place.symlink_to(outside)
        with pytest.raises(BackendError, match="Something"):
            storage.create(handle, 10)
        assert place.is_symlink()
        place.unlink()
        place.write_text("kept")
        with pytest.raises(BackendError, match="Something"):
            storage.create(handle, 10)
        assert place.read_text() == "kept"
        assert metadata_by_path(outside) == before

    @needs_root
    def test_an_empty_directory_of_another_user_is_moved_aside(
        self, root: Path, handle: str
    ) -> None:
        storage = Directory(str(root), INSTALLATION)
        run_as_nobody(storage.prepare, INSTALLATION)
        # As root, like an engine, beside a server without its rights.
        Path(storage.source(handle)).mkdir(parents=True)
        run_as_nobody(storage.create, handle, 10)
        assert storage.state(handle) is DataState.OWN
        assert Path(storage.source(handle)).owner() == "nobody"
        assert list(storage.inventory()) == [StoredItem(handle)]

    @needs_root
    @pytest.mark.parametrize(
        ("mode", "names"), [(0o700, []), (0o755, ["data/file"]), (0o755, ["file"])]
    )
    def test_another_users_unreadable_directory_is_left_to_an_operator(
        self, root: Path, handle: str, mode: int, names: list[str]
    ) -> None:
        storage = Directory(str(root), INSTALLATION)
        run_as_nobody(storage.prepare, INSTALLATION)
        Path(storage.source(handle)).mkdir(parents=True)
        Path(storage.source(handle)).chmod(mode)
        for name in names:
            (root / handle / name).touch()
        with pytest.raises(BackendError, match="Something that Holdfast did not create"):
            run_as_nobody(storage.create, handle, 10)

    def test_the_work_of_another_process_is_never_replaced(
        self, storage: Directory, handle: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = Directory(storage.root, INSTALLATION)
        place = Path(storage.source(handle))
        with at_fault_point(monkeypatch, "volume:made", lambda: other.create(handle, 10)):
            place.mkdir(parents=True)
            storage.create(handle, 10)
        assert storage.state(handle) is DataState.OWN
        assert_only(storage, {StoredItem(handle)})

    def test_the_directory_in_place_is_the_one_that_was_created(
        self, storage: Directory, handle: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        piece = Path(storage.root, ".tmp", f"{handle}.0")

        def swap() -> None:
            piece.rename(piece.with_name("away"))
            (piece / "data").mkdir(parents=True)

        with (
            at_fault_point(monkeypatch, "volume:made", swap),
            pytest.raises(BackendError, match="moved or removed meanwhile"),
        ):
            storage.create(handle, 10)
        assert storage.state(handle) is DataState.MISSING
