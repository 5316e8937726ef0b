"""Taking existing directories in."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.backends.helpers import (
    assert_refused,
    described,
    fill,
)
from tests.support.needs import needs
from volumes.backends import BackendError
from volumes.backends.directory import Directory

needs_root = needs(os.geteuid() == 0, "only root may mount, or give files away")
SHARED_MEMORY = Path("/dev/shm")


class TestAdoption:
    def test_it_renames_and_changes_nothing(
        self, storage: Directory, ground: Path, handle: str
    ) -> None:
        fill(ground / "old")
        (ground / "old").chmod(0o750)
        before = described(ground / "old")
        storage.adopt(handle, f"{ground}/old/", 10)
        assert described(Path(storage.source(handle))) == before
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
    def test_what_cannot_be_adopted_is_refused_with_the_reason(
        self, storage: Directory, ground: Path, outside: Path, handle: str, path: str, why: str
    ) -> None:
        (ground / "file").touch()
        (ground / "link").symlink_to(outside)
        (ground / "by-link").symlink_to("storage")
        wish = os.path.join(ground, path)
        with pytest.raises(BackendError, match=why) as refused:
            storage.check_adoptable(wish)
        assert refused.value.permanent
        with pytest.raises(BackendError, match=why):
            storage.adopt(handle, wish, 10)
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
