"""Adopt existing directories as volumes."""

import os
import stat
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backends.helpers import (
    assert_refused,
    at_fault_point,
    at_fault_points,
    metadata_by_path,
    write_files,
)
from tests.support.needs import needs
from volumes.backends import BackendError, DataState
from volumes.backends.directory import Directory

needs_root = needs(os.geteuid() == 0, "only root may mount, or give files away")
SHARED_MEMORY = Path("/dev/shm")


class TestAdoption:
    def test_adoption_renames_the_directory_and_changes_nothing_in_it(
        self, storage: Directory, ground: Path, handle: str
    ) -> None:
        write_files(ground / "old")
        (ground / "old").chmod(0o750)
        before = metadata_by_path(ground / "old")
        storage.adopt(handle, f"{ground}/old/", 10)
        assert metadata_by_path(Path(storage.source(handle))) == before
        assert not (ground / "old").exists()

    @pytest.mark.parametrize(
        ("path", "why"),
        [
            ("nothing", "does not exist"),
            ("nothing/deeper", "does not exist"),
            ("file", "not a directory"),
            ("link", "symbolic link"),
            ("link/", "symbolic link"),
            ("storage", "storage root"),
            ("storage/.tmp", "storage root"),
            ("by-link/.tmp", "storage root"),
            (".", "storage root"),
            ("/", "storage root"),
            ("nul\0", "no path"),
        ],
    )
    def test_adoption_is_refused_with_the_reason(
        self, storage: Directory, ground: Path, outside: Path, handle: str, path: str, why: str
    ) -> None:
        (ground / "file").touch()
        (ground / "link").symlink_to(outside)
        (ground / "by-link").symlink_to("storage")
        spec = os.path.join(ground, path)
        with pytest.raises(BackendError, match=why) as refused:
            storage.check_adoptable(spec)
        assert refused.value.permanent
        with pytest.raises(BackendError, match=why):
            storage.adopt(handle, spec, 10)
        assert storage.is_empty()

    @needs(
        SHARED_MEMORY.is_dir() and SHARED_MEMORY.stat().st_dev != os.stat("/tmp").st_dev,
        "there is no second file system",
    )
    def test_another_file_system_is_refused_with_the_cure(
        self, storage: Directory, handle: str
    ) -> None:
        with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as path:
            with pytest.raises(BackendError, match="cp -a") as refused:
                storage.check_adoptable(path)
            assert refused.value.permanent
            assert_refused(storage.adopt, handle, path, 10)
            assert os.path.isdir(path)

    @needs_root
    def test_another_mount_of_the_same_file_system_is_refused_with_the_cure(
        self, storage: Directory, ground: Path, outside: Path, handle: str
    ) -> None:
        (ground / "mounted").mkdir()
        subprocess.run(["mount", "--bind", outside, ground / "mounted"], check=True)
        try:
            for path in [ground / "mounted", ground / "mounted" / "data"]:
                with pytest.raises(BackendError, match="cp -a"):
                    storage.check_adoptable(str(path))
                assert_refused(storage.adopt, handle, str(path), 10)
        finally:
            subprocess.run(["umount", ground / "mounted"], check=True)
        assert storage.is_empty()
        assert (outside / "data" / "precious").exists()


def to_a_link(path: Path) -> None:
    path.symlink_to("/etc")


def to_a_file(path: Path) -> None:
    path.touch()


def to_a_directory(path: Path) -> None:
    path.mkdir()


class TestSwapped:
    """The owner of the parent directory may replace the directory at any time."""

    @pytest.fixture
    def old(self, ground: Path) -> Path:
        (ground / "upload" / "old").mkdir(parents=True)
        (ground / "upload" / "old" / "file").write_text("kept")
        return ground / "upload" / "old"

    @pytest.mark.parametrize("swapped", [to_a_link, to_a_file, to_a_directory])
    @pytest.mark.parametrize("point", ["adopt:place-made", "adopt:marked"])
    def test_a_directory_that_was_swapped_in_is_not_adopted_and_goes_back(
        self,
        storage: Directory,
        old: Path,
        handle: str,
        point: str,
        swapped: Callable[[Path], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def swap() -> None:
            old.rename(old.with_name("away"))
            swapped(old)

        with (
            at_fault_point(monkeypatch, point, swap),
            pytest.raises(BackendError, match="was replaced by something else") as failed,
        ):
            storage.adopt(handle, str(old), 10)
        assert not failed.value.permanent
        assert storage.state(handle) is DataState.MISSING
        assert sorted(os.listdir(old.parent)) == ["away", "old"]
        assert storage.is_empty()

    def test_a_directory_that_cannot_go_back_does_not_become_the_data(
        self, storage: Directory, old: Path, handle: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def swap() -> None:
            old.rename(old.with_name("away"))
            old.symlink_to("/etc")

        in_the_way = {"adopt:marked": swap, "adopt:moved": lambda: old.write_text("new")}
        with (
            at_fault_points(monkeypatch, in_the_way),
            pytest.raises(BackendError, match="was replaced by something else"),
        ):
            storage.adopt(handle, str(old), 10)
        assert storage.state(handle) is DataState.MISSING
        assert not Path(storage.source(handle)).is_symlink()

    def test_the_next_attempt_adopts_the_directory_that_is_there(
        self, storage: Directory, old: Path, handle: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def swap() -> None:
            old.rename(old.with_name("away"))
            old.mkdir()

        with at_fault_point(monkeypatch, "adopt:marked", swap), pytest.raises(BackendError):
            storage.adopt(handle, str(old), 10)
        old.rmdir()
        old.with_name("away").rename(old)
        storage.adopt(handle, str(old), 10)
        assert storage.state(handle) is DataState.OWN
        assert Path(storage.source(handle), "file").read_text() == "kept"

    def test_a_parent_that_becomes_a_link_into_the_storage_is_refused(
        self, storage: Directory, old: Path, data: Path, ground: Path, target: str
    ) -> None:
        (ground / "by-link").symlink_to(data.parent)
        assert_refused(storage.adopt, target, str(ground / "by-link" / "data"), 10)
        assert stat.S_ISDIR(data.lstat().st_mode)
