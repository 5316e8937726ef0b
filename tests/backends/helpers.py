"""What the tests of the backends share: names, trees, and other processes."""

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
from volumes.backends import BackendError, Found
from volumes.backends.directory import Directory

FORK = multiprocessing.get_context("fork")
INSTALLATION = "0b8f3a52-53a1-4d0c-9a54-7c3b7f0f6a11"
NOBODY = 65534


def _as_built(storage: Directory) -> tuple[Any, ...]:
    """What another process is given of a storage: it opens its own descriptors."""
    return Directory, (storage.root, storage.installation, storage.uid, storage.gid, storage.mode)


copyreg.pickle(Directory, _as_built)


def new_id() -> str:
    return str(uuid.uuid4())


def quick_disk() -> Path:
    """For tests of thousands of files: one in memory, where there is one."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else Path(tempfile.gettempdir())


def described(top: Path) -> dict[str, tuple[Any, ...]]:
    """All that a copy must keep, by path; without atime, which reading changes."""
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


def dig(top: Path, levels: int, name: str) -> None:
    """Directories in directories, with a file in each, too deep for any path."""
    fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=fd)
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        os.close(fd)
        fd = below
        os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=fd))
    os.close(fd)


def in_child(function: Callable[..., Any], *args: Any) -> Any:
    """The function's result, or its exception, from a process of its own."""
    with ProcessPoolExecutor(1, mp_context=FORK) as pool:
        return pool.submit(function, *args).result()


def as_nobody(function: Callable[..., Any], *args: Any) -> Any:
    """The same without root's privileges, where the tests have them."""
    with ProcessPoolExecutor(1, mp_context=FORK, initializer=_drop_privileges) as pool:
        return pool.submit(function, *args).result()


def _drop_privileges() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def sixteen_times(function: Callable[..., Any], *args: Any) -> None:
    """In 16 processes, all at the same moment; raises what any of them raised."""
    barrier = FORK.Barrier(16)
    with ProcessPoolExecutor(
        16, mp_context=FORK, initializer=_meet_at, initargs=(barrier,)
    ) as pool:
        for running in [pool.submit(_at_once, function, *args) for _ in range(16)]:
            running.result()


def in_sixteen_threads(function: Callable[..., Any], *args: Any) -> list[BaseException]:
    """What went wrong in any of 16 threads."""
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


def killed_at(step: int, function: Callable[..., Any], *args: Any) -> bool:
    """Run it in a process that kills itself before its step-th request to the file system.

    False if it was through by then.
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


def fill(data: Path) -> None:
    (data / "below" / "deeper").mkdir(parents=True)
    (data / "file").write_text("content")
    os.link(data / "file", data / "below" / "same")
    (data / "link").symlink_to("file")
    (data / "below").chmod(0o750)


def assert_only(storage: Directory, expected: set[Found]) -> None:
    """Just that, and no leftover of any attempt."""
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
def at_points(
    monkeypatch: pytest.MonkeyPatch, works: dict[str, Callable[[], Any]]
) -> Iterator[None]:
    """Somebody does each once, in the moment when the fault point of that name is passed."""
    waiting = dict(works)
    monkeypatch.setattr(faultpoints, "hook", lambda point: waiting.pop(point, lambda: None)())
    yield
    monkeypatch.undo()
    assert not waiting


def at_point(
    monkeypatch: pytest.MonkeyPatch, name: str, work: Callable[[], Any]
) -> AbstractContextManager[None]:
    return at_points(monkeypatch, {name: work})
