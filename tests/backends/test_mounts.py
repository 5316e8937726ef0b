"""What is mounted inside a volume is never entered: not by a copy, a measurement or a removal."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.backends.helpers import assert_only, metadata_by_path
from tests.support.needs import needs
from volumes.backends import BackendError, StoredItem, linux
from volumes.backends.directory import Directory

pytestmark = needs(os.geteuid() == 0, "only root may mount")

Mount = Callable[..., Path]
KINDS = {
    "another volume's directory": ("--bind", "outside/data"),
    "another file system": ("-t", "tmpfs", "tmpfs"),
    "itself": ("--bind", "storage/{handle}/data/a/mounted"),
}


@pytest.fixture(params=[True, False], ids=["openat2", "an old kernel"])
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways in which a mount is noticed."""
    is_new = request.param and linux._has_openat2()
    monkeypatch.setattr(linux, "_has_openat2", lambda: is_new)


@pytest.fixture
def mount(ground: Path) -> Iterator[Callable[..., None]]:
    with ExitStack() as mounts:

        def mount(place: Path, *arguments: str) -> None:
            subprocess.run(["mount", *arguments, place], check=True, cwd=ground)
            mounts.callback(_unmount_below, ground)

        yield mount


def _unmount_below(ground: Path) -> None:
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for path in reversed([path for path in mounted if path.startswith(f"{ground}/")]):
        subprocess.run(["umount", path], check=True)


@pytest.fixture(params=KINDS)
def mounted(
    request: pytest.FixtureRequest,
    kernel: None,
    mount: Callable[..., None],
    data: Path,
    handle: str,
    outside: Path,
) -> Path:
    """Something mounted two levels below the data."""
    place = data / "a" / "mounted"
    place.mkdir(parents=True)
    mount(place, *(argument.format(handle=handle) for argument in KINDS[request.param]))
    return place


@pytest.fixture
def mounted_file(kernel: None, mount: Callable[..., None], data: Path, outside: Path) -> Path:
    """A file mounted over a file, as Docker does."""
    place = data / "a" / "settings"
    place.parent.mkdir()
    place.touch()
    mount(place, "--bind", "outside/precious")
    return place


def test_a_snapshot_of_a_mount_is_an_error_with_the_path_in_the_volume(
    storage: Directory, handle: str, snapshot: str, mounted: Path
) -> None:
    with pytest.raises(BackendError) as refused:
        storage.snapshot(handle, snapshot)
    assert "something is mounted there" in refused.value.message
    assert "(at 'a/mounted')" in refused.value.message
    assert f"(at '{mounted}')" in refused.value.detail
    assert not storage.exists(handle, snapshot)
    assert_only(storage, {StoredItem(handle)})


def test_a_snapshot_of_a_mounted_file_is_an_error(
    storage: Directory, handle: str, snapshot: str, mounted_file: Path
) -> None:
    with pytest.raises(BackendError) as refused:
        storage.snapshot(handle, snapshot)
    assert "(at 'a/settings')" in refused.value.message
    assert_only(storage, {StoredItem(handle)})


def test_usage_skips_the_mount(storage: Directory, handle: str, mounted: Path) -> None:
    (mounted / "large").write_bytes(b"x" * 1_000_000)
    assert storage.usage(handle) == _blocks(mounted.parent, mounted.parent.parent)


def test_usage_skips_a_mounted_file(storage: Directory, handle: str, mounted_file: Path) -> None:
    assert storage.usage(handle) == _blocks(mounted_file.parent, mounted_file.parent.parent)


def test_changes_in_a_mount_are_no_change_of_the_volume(
    storage: Directory, handle: str, mounted: Path
) -> None:
    before = storage.last_changed(handle)
    (mounted / "later").touch()
    os.utime(mounted / "later", (2**33, 2**33))
    assert storage.last_changed(handle) == before


def test_delete_names_the_mount_and_continues_once_it_is_unmounted(
    storage: Directory, handle: str, ground: Path, outside: Path, mounted: Path
) -> None:
    before = metadata_by_path(outside)
    with pytest.raises(BackendError) as refused:
        storage.delete(handle)
    assert "something is mounted in it" in refused.value.message
    assert "(at 'a/mounted')" in refused.value.message
    (place,) = Path(storage.root, ".trash").glob("*/data/a/mounted")
    assert f"(at '{place}')" in refused.value.detail
    _unmount_below(ground)
    storage.delete(handle)
    assert storage.is_empty()
    assert metadata_by_path(outside) == before


def test_delete_keeps_a_mounted_file(
    storage: Directory, handle: str, ground: Path, outside: Path, mounted_file: Path
) -> None:
    before = metadata_by_path(outside)
    with pytest.raises(BackendError, match="unmount that first"):
        storage.delete(handle)
    _unmount_below(ground)
    storage.delete(handle)
    assert storage.is_empty()
    assert metadata_by_path(outside) == before


def _blocks(*paths: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in paths)
