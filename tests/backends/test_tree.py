"""The tree verbs, on trees as applications make them."""

import os
import resource
import socket
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.backends.helpers import (
    make_deep_tree,
    memory_disk,
    metadata_by_path,
    names_below,
    run_as_nobody,
    run_in_16_processes,
    run_in_child,
)
from tests.support.needs import needs
from volumes.backends import tree
from volumes.backends.causes import DeviceError
from volumes.backends.tree.cursor import Cursor

needs_root = needs(os.geteuid() == 0, "only root may make this")
LONG_NAME = "d" * 200


@pytest.fixture
def source(ground: Path) -> Path:
    path = ground / "source"
    path.mkdir()
    return path


@pytest.fixture
def copied(ground: Path) -> Path:
    path = ground / "copied"
    path.mkdir()
    return path


@contextmanager
def held(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield fd
    finally:
        os.close(fd)


def copy(source: Path, target: Path) -> None:
    with held(source) as here, held(target) as there:
        tree.copy(here, there)


def measure(path: Path) -> int:
    with held(path) as fd:
        return tree.measure(fd)


def newest(path: Path) -> float:
    with held(path) as fd:
        return tree.newest(fd)


def remove(path: Path) -> None:
    with held(path.parent) as fd:
        tree.remove(fd, path.name)


def with_few_descriptors(verb: Callable[..., Any], *paths: Path) -> Any:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    return verb(*paths)


class TestSizes:
    @pytest.fixture
    def disk(self) -> Path:
        return memory_disk()

    def test_a_tree_deeper_than_any_path_needs_few_descriptors(
        self, source: Path, copied: Path
    ) -> None:
        make_deep_tree(source, 1_000, LONG_NAME)
        run_in_child(with_few_descriptors, copy, source, copied)
        used = run_in_child(with_few_descriptors, measure, source)
        assert used == run_in_child(with_few_descriptors, measure, copied)
        assert run_in_child(with_few_descriptors, newest, copied) >= newest(source)
        run_in_child(with_few_descriptors, remove, copied)
        assert not copied.exists()

    def test_many_files_and_directories_need_few_descriptors(
        self, source: Path, copied: Path
    ) -> None:
        for number in range(300):
            (source / f"directory-{number}" / "deeper").mkdir(parents=True)
        for number in range(2_000):
            (source / f"directory-{number % 300}" / f"file-{number}").touch()
        run_in_child(with_few_descriptors, copy, source, copied)
        assert names_below(copied) == names_below(source)
        assert run_in_child(with_few_descriptors, measure, source) == measure(source)
        run_in_child(with_few_descriptors, remove, copied)
        assert not copied.exists()


class TestMeasure:
    def test_usage_is_what_du_counts(self, source: Path) -> None:
        (source / "below").mkdir()
        (source / "below" / "file").write_bytes(b"x" * 100_000)
        os.link(source / "below" / "file", source / "same")
        (source / "link").symlink_to("/usr")
        os.mkfifo(source / "fifo")
        with (source / "sparse").open("wb") as file:
            file.truncate(2**30)
        said = subprocess.run(
            ["du", "--summarize", "--block-size=1", source], capture_output=True, check=True
        )
        assert measure(source) == int(said.stdout.split()[0])

    @pytest.mark.parametrize("mode", [0, 0o444], ids=["closed", "unsearchable"])
    def test_an_unreadable_directory_is_an_error_with_its_path(
        self, source: Path, mode: int
    ) -> None:
        (source / "below" / "closed").mkdir(parents=True)
        (source / "below" / "closed" / "file").touch()
        (source / "below" / "closed").chmod(mode)
        source.chmod(0o755)
        for look in (measure, newest):
            with pytest.raises(PermissionError, match=f"{source}/below/closed"):
                run_as_nobody(look, source)


class TestNewest:
    def test_a_deep_change_is_found_even_if_its_mtime_is_set_back(self, source: Path) -> None:
        (source / "a" / "b").mkdir(parents=True)
        (source / "a" / "b" / "file").touch()
        os.utime(source / "a" / "b" / "file", (0, 0))
        assert newest(source) == (source / "a" / "b" / "file").stat().st_ctime

    def test_the_time_of_a_link_counts_and_not_that_of_its_target(
        self, source: Path, outside: Path
    ) -> None:
        (source / "link").symlink_to(outside)
        os.utime(outside, (2**33, 2**33))
        assert newest(source) < 2**33


class TestCopy:
    def test_files_directories_links_and_nodes_are_copied(self, source: Path, copied: Path) -> None:
        (source / "below").mkdir(mode=0o750)
        (source / "below" / "file").write_text("content")
        (source / "empty").touch(mode=0o400)
        (source / "setuid").touch()
        (source / "setuid").chmod(0o6755)
        (source / "sticky").mkdir()
        (source / "sticky").chmod(0o3777)
        (source / "link").symlink_to("/nowhere/at/all")
        (source / os.fsdecode(b"not \xff utf-8\n")).touch()
        os.mkfifo(source / "fifo", 0o640)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(source / "socket"))
        for path in [*source.rglob("*"), source]:
            os.utime(path, ns=(10**18 + 1, 10**18 + 2), follow_symlinks=False)
        before = metadata_by_path(source)
        copy(source, copied)
        assert metadata_by_path(copied) == before
        assert metadata_by_path(source) == before

    def test_extended_attributes_are_copied(self, source: Path, copied: Path) -> None:
        (source / "file").touch(mode=0o444)
        (source / "below").mkdir()
        for path in [source, source / "file", source / "below"]:
            os.setxattr(path, "user.colour", path.name.encode())
        copy(source, copied)
        assert metadata_by_path(copied) == metadata_by_path(source)

    @needs_root
    def test_owners_devices_and_capabilities_are_copied(self, source: Path, copied: Path) -> None:
        (source / "program").touch(mode=0o755)
        os.chown(source / "program", 1234, 5678)
        (source / "program").chmod(0o6755)
        os.setxattr(
            source / "program", "security.capability", bytes.fromhex("01000002" + "00" * 16)
        )
        (source / "link").symlink_to("anywhere")
        os.lchown(source / "link", 1234, 5678)
        os.mknod(source / "zero", stat.S_IFCHR | 0o660, os.makedev(1, 5))
        os.chown(source, 4321, 8765)
        copy(source, copied)
        assert metadata_by_path(copied) == metadata_by_path(source)

    @needs_root
    def test_a_device_is_an_error_with_a_cure_without_privileges(
        self, source: Path, copied: Path
    ) -> None:
        os.mknod(source / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        copied.chmod(0o777)
        with pytest.raises(DeviceError, match=f"'{source}/zero'"):
            run_as_nobody(copy, source, copied)

    @needs_root
    def test_a_copy_without_privileges_changes_owners_and_drops_setuid(
        self, source: Path, ground: Path
    ) -> None:
        (source / "program").touch()
        (source / "program").chmod(0o6755)
        assert run_as_nobody(copy_to_own, source, ground / "mine") == 0o755
        assert (ground / "mine" / "program").stat().st_uid == 65534

    def test_an_unreadable_file_is_an_error_with_its_path(self, source: Path, ground: Path) -> None:
        (source / "below" / "deeper").mkdir(parents=True)
        (source / "below" / "deeper" / "secret").touch(mode=0)
        source.chmod(0o755)
        with pytest.raises(PermissionError, match=f"'{source}/below/deeper/secret'"):
            run_as_nobody(copy_to_own, source, ground / "mine")

    def test_a_closed_directory_is_copied_once_it_is_readable(
        self, source: Path, ground: Path
    ) -> None:
        (source / "closed" / "deeper").mkdir(parents=True)
        (source / "closed" / "file").touch()
        (source / "closed").chmod(0o555)
        assert run_as_nobody(copy_to_own, source, ground / "mine", "closed") == 0o555
        assert (ground / "mine" / "closed" / "deeper").is_dir()

    def test_hard_links_in_distant_directories_stay_one_file(
        self, source: Path, copied: Path
    ) -> None:
        deep = source / "a" / "b" / "c"
        deep.mkdir(parents=True)
        (source / "first").write_text("one file")
        os.link(source / "first", deep / "second")
        os.link(source / "first", source / "a" / "third")
        os.mkfifo(source / "fifo")
        os.link(source / "fifo", deep / "fifo")
        copy(source, copied)
        names = ["first", "a/b/c/second", "a/third"]
        assert len({(copied / name).stat().st_ino for name in names}) == 1
        assert (copied / "first").stat().st_nlink == 3
        assert (copied / "fifo").stat().st_ino == (copied / "a" / "b" / "c" / "fifo").stat().st_ino
        assert names_below(copied) == names_below(source)

    def test_a_hard_link_from_outside_is_copied_as_a_file(
        self, source: Path, copied: Path, ground: Path
    ) -> None:
        (source / "file").write_text("content")
        os.link(source / "file", ground / "elsewhere")
        copy(source, copied)
        assert (copied / "file").stat().st_nlink == 1
        assert names_below(copied) == {"file"}

    def test_sparse_files_stay_sparse(self, source: Path, copied: Path) -> None:
        with (source / "sparse").open("wb") as file:
            file.seek(2**20)
            file.write(b"in the middle")
            file.seek(2**28)
            file.write(b"further on")
            file.truncate(2**33)
        copy(source, copied)
        found = (copied / "sparse").stat()
        assert found.st_size == 2**33
        assert found.st_blocks == (source / "sparse").stat().st_blocks
        with (copied / "sparse").open("rb") as file:
            file.seek(2**28)
            assert file.read(11) == b"further on\0"

    def test_content_of_many_chunks_is_copied(self, source: Path, copied: Path) -> None:
        (source / "file").write_bytes(os.urandom(2**20) * 35 + b"end")
        copy(source, copied)
        assert (copied / "file").read_bytes() == (source / "file").read_bytes()

    def test_a_copy_succeeds_while_an_application_writes_renames_and_removes(
        self, source: Path, ground: Path
    ) -> None:
        (source / "stays").write_text("content")
        with busy_application(source):
            for number in range(20):
                target = ground / f"copied-{number}"
                target.mkdir()
                copy(source, target)
                assert (target / "stays").read_text() == "content"


class TestRemove:
    def test_targets_of_links_stay(self, source: Path, outside: Path) -> None:
        before = metadata_by_path(outside)
        (source / "directory").symlink_to(outside)
        (source / "below").mkdir()
        (source / "below" / "up").symlink_to("../../outside")
        os.link(outside / "precious", source / "below" / "hard")
        os.mkfifo(source / "below" / "fifo")
        remove(source)
        assert not source.exists()
        assert metadata_by_path(outside) == before

    def test_a_link_is_removed_and_not_its_target(self, ground: Path, outside: Path) -> None:
        (ground / "link").symlink_to(outside)
        remove(ground / "link")
        assert not (ground / "link").is_symlink()
        assert (outside / "precious").exists()

    def test_a_missing_file_is_no_error(self, ground: Path) -> None:
        remove(ground / "nothing")

    def test_closed_directories_of_the_owner_are_removed(self, ground: Path) -> None:
        assert run_as_nobody(make_closed_and_remove, ground / "closed") is False

    def test_a_foreign_directory_is_an_error_and_the_rest_is_removed(self, ground: Path) -> None:
        mine, theirs = ground / "mine", ground / "mine" / "theirs"
        run_as_nobody(os.mkdir, mine)
        run_as_nobody(os.mkdir, mine / "goes")
        mine.chmod(0o777)
        theirs.mkdir()
        (theirs / "file").touch()
        theirs.chmod(0o555)
        with pytest.raises(PermissionError, match=f"'{theirs}/file'"):
            run_as_nobody(remove, mine)
        assert names_below(mine) == {"theirs", "theirs/file"}

    def test_sixteen_processes_remove_one_tree(self, source: Path) -> None:
        make_deep_tree(source, 100, "deep")
        for number in range(200):
            (source / f"wide-{number}" / "deeper").mkdir(parents=True)
            (source / f"wide-{number}" / "file").touch()
        run_in_16_processes(remove, source)
        assert not source.exists()

    def test_a_directory_that_becomes_a_link_is_not_followed(
        self, ground: Path, outside: Path
    ) -> None:
        before = metadata_by_path(outside)
        for _ in range(20):
            victim = ground / "victim"
            (victim / "swapped" / "below").mkdir(parents=True)
            with swapping(victim / "swapped", outside):
                measure(victim)
                remove(victim)
        assert metadata_by_path(outside) == before

    @needs_root
    def test_a_mount_inside_is_not_entered(self, source: Path, outside: Path) -> None:
        before = metadata_by_path(outside)
        (source / "below" / "mounted").mkdir(parents=True)
        subprocess.run(["mount", "--bind", outside, source / "below" / "mounted"], check=True)
        try:
            with pytest.raises(OSError, match="busy"):
                remove(source)
        finally:
            mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
            for path in (path for path in mounted if path.startswith(str(source))):
                subprocess.run(["umount", path], check=True)
        assert metadata_by_path(outside) == before


class TestCursor:
    def test_a_directory_moved_away_does_not_lead_out_of_the_tree(
        self, source: Path, ground: Path
    ) -> None:
        (source / "a" / "b").mkdir(parents=True)
        with held(source) as fd, Cursor(fd) as cursor:
            cursor.down("a")
            cursor.down("b")
            (source / "a" / "b").rename(ground / "moved")
            (source / "a").rename(ground / "moved-too")
            assert not cursor.up()
            assert cursor.up()
            assert os.fstat(cursor.fd).st_ino == source.stat().st_ino


def copy_to_own(source: Path, target: Path, name: str = "program") -> int:
    target.mkdir()
    copy(source, target)
    return stat.S_IMODE((target / name).stat().st_mode)


def make_closed_and_remove(path: Path) -> bool:
    (path / "a" / "b" / "c").mkdir(parents=True)
    (path / "a" / "b" / "file").touch()
    for closed in [path / "a" / "b" / "c", path / "a" / "b", path / "a", path]:
        closed.chmod(0)
    remove(path)
    return path.exists()


@contextmanager
def repeating(step: Callable[[], object]) -> Iterator[None]:
    """Run `step` over and over beside the test."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            with suppress(OSError):
                step()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def busy_application(top: Path) -> AbstractContextManager[None]:
    def step() -> None:
        (top / "a" / "b" / "c").mkdir(parents=True, exist_ok=True)
        (top / "a" / "b" / "file").write_text("x")
        (top / "a" / "b").rename(top / "elsewhere")
        (top / "elsewhere" / "file").rename(top / "file")
        (top / "elsewhere" / "c").rmdir()
        (top / "elsewhere").rmdir()
        (top / "file").unlink()

    return repeating(step)


def swapping(path: Path, target: Path) -> AbstractContextManager[None]:
    other = path.with_name("other")

    def step() -> None:
        path.rename(other)
        path.symlink_to(target)
        path.unlink()
        other.rename(path)

    return repeating(step)
