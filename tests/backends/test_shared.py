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


def test_concurrent_users_share_one_descriptor():
    opener = CountingOpener()
    shared = SharedDescriptor(opener)
    with shared.acquire() as one, shared.acquire() as other:
        assert one == other
    assert len(opener.opened) == 1


def test_the_last_user_closes_the_descriptor():
    shared = SharedDescriptor(CountingOpener())
    first, second = shared.acquire(), shared.acquire()
    fd = first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert is_open(fd)
    second.__exit__(None, None, None)
    assert not is_open(fd)


def test_a_later_user_opens_a_new_descriptor():
    opener = CountingOpener()
    shared = SharedDescriptor(opener)
    for _ in range(2):
        with shared.acquire():
            pass
    assert len(opener.opened) == 2


def test_an_old_descriptor_is_not_shared_with_new_users():
    opener = CountingOpener()
    shared = SharedDescriptor(opener)
    with shared.acquire() as old:
        time.sleep(2 * MAX_AGE)
        with shared.acquire() as new:
            assert new != old
        assert is_open(old)
    assert len(opener.opened) == 2


def test_an_open_that_hangs_does_not_block_releases():
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


def test_the_root_is_checked_again_even_while_it_is_in_use(storage: Directory):
    storage.create(new_id(), 10)
    at_work = storage.inventory()
    next(at_work)
    Path(storage.root, ".holdfast").unlink()
    time.sleep(2 * MAX_AGE)
    with pytest.raises(BackendError, match="carries no marker"):
        storage.create(new_id(), 10)
