"""Copies of files that no shortcut takes, that applications hold, and that may not be read."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.backends.helpers import assert_only, metadata_by_path
from volumes.backends import BackendError, StoredItem
from volumes.backends.directory import Directory
from volumes.backends.tree import leases

# What kernels, network file systems, FUSE and seccomp filters answer to a call that they do not take.
NO_SHORTCUT = [
    "EINVAL",
    "EOPNOTSUPP",
    "ENOSYS",
    "EXDEV",
    "ETXTBSY",
    "EPERM",
    "EIO",
    "EBADF",
    "ENOTTY",
]


def refuse(number: int) -> Any:
    def call(*_: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return call


@pytest.fixture
def file(data: Path) -> Path:
    """Bytes, a hole, bytes, and a hole at the end."""
    path = data / "file"
    with path.open("wb") as file:
        file.write(os.urandom(100_000))
        file.seek(2**20)
        file.write(b"further on")
        file.truncate(2**21)
    return path


@pytest.fixture
def copy(storage: Directory, handle: str, snapshot: str) -> Path:
    """Where a snapshot's copy of the file will be."""
    return Path(storage.root, handle, "snapshots", snapshot, "file")


@pytest.mark.parametrize("name", NO_SHORTCUT)
def test_content_is_copied_by_read_and_write_when_nothing_faster_works(
    storage: Directory,
    handle: str,
    snapshot: str,
    file: Path,
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    number = getattr(errno, name)
    monkeypatch.setattr(fcntl, "ioctl", refuse(number))
    monkeypatch.setattr(os, "copy_file_range", refuse(number))
    monkeypatch.setattr(os, "lseek", refuse(number))
    storage.snapshot(handle, snapshot)
    assert copy.read_bytes() == file.read_bytes()


def test_a_system_call_that_copies_nothing_of_a_full_file_is_not_trusted(
    storage: Directory,
    handle: str,
    snapshot: str,
    file: Path,
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "copy_file_range", lambda *_: 0)
    storage.snapshot(handle, snapshot)
    assert copy.read_bytes() == file.read_bytes()


@pytest.mark.parametrize("name", ["EIO", "ENOSPC"])
def test_errors_of_read_and_write_name_the_path(
    storage: Directory,
    handle: str,
    snapshot: str,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    (data / "below").mkdir()
    (data / "below" / "bad\n").write_bytes(b"x")
    for call in ("copy_file_range", "pread"):
        monkeypatch.setattr(os, call, refuse(getattr(errno, name)))
    with pytest.raises(BackendError) as failed:
        storage.snapshot(handle, snapshot)
    assert r"(at 'below/bad\n')" in failed.value.message
    assert_only(storage, {StoredItem(handle)})


def test_a_long_path_is_shortened(
    storage: Directory, handle: str, snapshot: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = data.joinpath(*["d" * 200] * 10)
    below.mkdir(parents=True)
    (below / "last").write_bytes(b"x")
    monkeypatch.setattr(os, "copy_file_range", refuse(errno.EIO))
    monkeypatch.setattr(os, "pread", refuse(errno.EIO))
    with pytest.raises(BackendError) as failed:
        storage.snapshot(handle, snapshot)
    assert "/last')" in failed.value.message
    assert len(failed.value.message) < 500


@contextmanager
def leased(*paths: Path) -> Iterator[list[int]]:
    """Held as Samba holds files; whoever is asked for them does not answer."""
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    held = [os.open(path, os.O_RDWR | os.O_CREAT) for path in paths]
    for fd in held:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    try:
        yield held
    finally:
        for fd in held:
            os.close(fd)
        signal.signal(signal.SIGIO, before)


@contextmanager
def _giving_up(held: list[int], pause: float) -> Iterator[None]:
    """An application that gives up one lease in each pause."""
    over = threading.Event()

    def give_up() -> None:
        for fd in held:
            if over.wait(pause):
                return
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)

    thread = threading.Thread(target=give_up)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_file_lease_that_is_not_released_is_an_error_with_the_path(
    storage: Directory, handle: str, snapshot: str, data: Path
) -> None:
    refused = pytest.raises(BackendError, match=r"holds a lease on it .*'.*/data/file'")
    with leased(data / "file"), refused:
        storage.snapshot(handle, snapshot)
    assert_only(storage, {StoredItem(handle)})


def test_many_file_leases_delay_a_copy_by_a_few_seconds_in_total(
    storage: Directory, handle: str, snapshot: str, data: Path
) -> None:
    began = time.monotonic()
    paths = [data / f"file-{number}" for number in range(60)]
    with leased(*paths), pytest.raises(BackendError, match="holds a lease on it") as refused:
        storage.snapshot(handle, snapshot)
    assert time.monotonic() - began < leases.MAX_WAIT + 2
    assert "(at 'file-" in refused.value.message
    assert_only(storage, {StoredItem(handle)})


def test_file_leases_share_the_waiting_time_of_one_tree(
    storage: Directory, handle: str, snapshot: str, data: Path
) -> None:
    began = time.monotonic()
    paths = [data / f"file-{number}" for number in range(20)]
    refused = pytest.raises(BackendError, match="holds a lease on it")
    with leased(*paths) as held, _giving_up(held, 0.4), refused:
        storage.snapshot(handle, snapshot)
    assert time.monotonic() - began < 2 * leases.MAX_WAIT


def test_a_copy_waits_for_a_file_lease_that_is_released_soon(
    storage: Directory, handle: str, snapshot: str, data: Path, copy: Path
) -> None:
    with leased(data / "file") as (fd,):
        os.write(fd, b"content")
        giving_up = threading.Timer(0.5, fcntl.fcntl, (fd, fcntl.F_SETLEASE, fcntl.F_UNLCK))
        giving_up.start()
        storage.snapshot(handle, snapshot)
        giving_up.join()
    assert copy.read_bytes() == b"content"


def test_fifos_sockets_and_devices_do_not_block(
    storage: Directory, handle: str, snapshot: str, data: Path
) -> None:
    os.mkfifo(data / "fifo")
    storage.snapshot(handle, snapshot)
    copied = Path(storage.root, handle, "snapshots", snapshot)
    assert stat.S_ISFIFO((copied / "fifo").stat().st_mode)
    assert metadata_by_path(copied) == metadata_by_path(data)
