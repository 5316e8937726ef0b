"""Concurrent operations share one descriptor, which is never outdated."""

import os
import threading
import time
from pathlib import Path

import pytest

from tests.backends.helpers import new_id
from volumes.backends import BackendError
from volumes.backends.directory import Directory
from volumes.backends.shared import MAX_AGE, SharedDescriptor


class CountingOpener:
    """Opens /, and counts how often."""

    def __init__(self) -> None:
        self.opened: list[int] = []

    def __call__(self) -> int:
        self.opened.append(os.open("/", os.O_RDONLY))
        return self.opened[-1]


def is_open(fd: int) -> bool:
    return Path(f"/proc/self/fd/{fd}").exists()


def test_who_comes_while_it_is_open_uses_the_same():
    opener = CountingOpener()
    shared = SharedDescriptor(opener)
    with shared.acquire() as one, shared.acquire() as other:
        assert one == other
    assert len(opener.opened) == 1


def test_it_is_closed_by_the_last_to_leave_whoever_that_is():
    shared = SharedDescriptor(CountingOpener())
    first, second = shared.acquire(), shared.acquire()
    fd = first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert is_open(fd)
    second.__exit__(None, None, None)
    assert not is_open(fd)


def test_who_comes_later_opens_it_anew():
    opener = CountingOpener()
    shared = SharedDescriptor(opener)
    for _ in range(2):
        with shared.acquire():
            pass
    assert len(opener.opened) == 2


def test_what_is_old_is_used_on_but_joined_by_nobody():
    opener = CountingOpener()
    shared = SharedDescriptor(opener)
    with shared.acquire() as old:
        time.sleep(2 * MAX_AGE)
        with shared.acquire() as new:
            assert new != old
        assert is_open(old)
    assert len(opener.opened) == 2


def test_an_opening_that_hangs_holds_up_nobody_who_leaves():
    is_opening, may_open = threading.Event(), threading.Event()
    opener = CountingOpener()

    def hanging() -> int:
        is_opening.set()
        assert may_open.wait(10)
        return opener()

    shared = SharedDescriptor(hanging)

    def use_once() -> None:
        with shared.acquire():
            pass

    may_open.set()
    with shared.acquire():
        may_open.clear()
        is_opening.clear()
        time.sleep(2 * MAX_AGE)
        late = threading.Thread(target=use_once)
        late.start()
        assert is_opening.wait(10)
    assert late.is_alive()
    may_open.set()
    late.join()
    assert list(map(is_open, opener.opened)) == [False, False]


def test_a_root_is_looked_at_again_however_long_somebody_is_at_work(storage: Directory):
    storage.create(new_id(), 10)
    at_work = storage.inventory()
    next(at_work)
    Path(storage.root, ".holdfast").unlink()
    time.sleep(2 * MAX_AGE)
    with pytest.raises(BackendError, match="carries no marker"):
        storage.create(new_id(), 10)
