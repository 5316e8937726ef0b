"""Helpers of the backend tests: names, trees and other processes."""

import copyreg
import multiprocessing
import os
import signal
import stat
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from config import faultpoints
from volumes.backends import BackendError, StoredItem
from volumes.backends.directory import Directory

FORK = multiprocessing.get_context("fork")
INSTALLATION = "0b8f3a52-53a1-4d0c-9a54-7c3b7f0f6a11"
NOBODY = 65534


def _as_built(storage: Directory) -> tuple[Any, ...]:
    """Pickle a storage by its arguments: another process opens its own descriptors."""
    return Directory, (storage.root, storage.installation, storage.uid, storage.gid, storage.mode)


copyreg.pickle(Directory, _as_built)


def new_id() -> str:
    return str(uuid.uuid4())


def memory_disk() -> Path:
    """Return a disk for tests with thousands of files: in memory if possible."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else Path(tempfile.gettempdir())


def metadata_by_path(top: Path) -> dict[str, tuple[Any, ...]]:
    """Return by path all that a copy must preserve; without atime, which reading changes."""
    paths = [top, *sorted(top.rglob("*"))]
    return {str(path.relative_to(top)): _facts(path) for path in paths}


def _facts(path: Path) -> tuple[Any, ...]:
    found = path.lstat()
    xattrs = {
        name: os.getxattr(path, name, follow_symlinks=False)
        for name in os.listxattr(path, follow_symlinks=False)
    }
    contents: dict[int, Callable[[], Any]] = {
        stat.S_IFREG: lambda: path.read_bytes(),
        stat.S_IFLNK: lambda: os.readlink(path),
        stat.S_IFCHR: lambda: found.st_rdev,
    }
    content = contents.get(stat.S_IFMT(found.st_mode), lambda: found.st_size)()
    return (found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, xattrs, content)


def names_below(top: Path) -> set[str]:
    return {str(path.relative_to(top)) for path in top.rglob("*")}


def make_deep_tree(top: Path, levels: int, name: str) -> None:
    """Create nested directories beyond PATH_MAX, with a file in each."""
    fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=fd)
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        os.close(fd)
        fd = below
        os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=fd))
    os.close(fd)


def run_in_child(function: Callable[..., Any], *args: Any) -> Any:
    """Run the function in a child process. Return its result or raise its exception."""
    with ProcessPoolExecutor(1, mp_context=FORK) as pool:
        return pool.submit(function, *args).result()


def run_as_nobody(function: Callable[..., Any], *args: Any) -> Any:
    """Run the function in a child process without root's privileges."""
    with ProcessPoolExecutor(1, mp_context=FORK, initializer=_drop_privileges) as pool:
        return pool.submit(function, *args).result()


def _drop_privileges() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def run_in_16_processes(function: Callable[..., Any], *args: Any) -> None:
    """Run the function in 16 processes at the same time. Raise the first exception of any."""
    barrier = FORK.Barrier(16)
    with ProcessPoolExecutor(
        16, mp_context=FORK, initializer=_meet_at, initargs=(barrier,)
    ) as pool:
        for running in [pool.submit(_at_once, function, *args) for _ in range(16)]:
            running.result()


def errors_in_16_threads(function: Callable[..., Any], *args: Any) -> list[BaseException]:
    """Run the function in 16 threads, and return their exceptions."""
    wrong: list[BaseException] = []

    def run() -> None:
        try:
            function(*args)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


_meeting: Any = None


def _meet_at(barrier: Any) -> None:
    global _meeting
    _meeting = barrier


def _at_once(function: Callable[..., Any], *args: Any) -> None:
    _meeting.wait(30)
    function(*args)


def is_killed_at(step: int, function: Callable[..., Any], *args: Any) -> bool:
    """Run the function in a process that kills itself before its `step`-th file system call.

    Returns False if the function ended before.
    """
    child = os.fork()
    if child == 0:
        left = [step]

        def count(event: str, _args: tuple[Any, ...]) -> None:
            if event == "open" or event.startswith(("os.", "fcntl.")):
                left[0] -= 1
                if left[0] == 0:
                    os._exit(9)

        sys.addaudithook(count)
        try:
            function(*args)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert not os.WIFSIGNALED(status), signal.strsignal(os.WTERMSIG(status))
    return os.waitstatus_to_exitcode(status) == 9


def write_files(data: Path) -> None:
    (data / "below" / "deeper").mkdir(parents=True)
    (data / "file").write_text("content")
    os.link(data / "file", data / "below" / "same")
    (data / "link").symlink_to("file")
    (data / "below").chmod(0o750)


def assert_only(storage: Directory, expected: set[StoredItem]) -> None:
    """Assert that the storage holds exactly these items, and no leftovers."""
    assert set(storage.inventory()) == expected
    assert os.listdir(Path(storage.root, ".tmp")) == []
    assert os.listdir(Path(storage.root, ".trash")) == []


def assert_refused(operation: Callable[..., Any], *args: Any) -> None:
    with pytest.raises(BackendError):
        operation(*args)


def wait_until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.0005)


@contextmanager
def at_fault_points(
    monkeypatch: pytest.MonkeyPatch, works: dict[str, Callable[[], Any]]
) -> Iterator[None]:
    """Run each function once, when the fault point of its name is passed."""
    waiting = dict(works)
    monkeypatch.setattr(faultpoints, "hook", lambda point: waiting.pop(point, lambda: None)())
    yield
    monkeypatch.undo()
    assert not waiting


def at_fault_point(
    monkeypatch: pytest.MonkeyPatch, name: str, work: Callable[[], Any]
) -> AbstractContextManager[None]:
    return at_fault_points(monkeypatch, {name: work})
