"""Request slots: each worker processes few requests at a time, in the order of arrival."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from config.concurrency import Completion, FifoSemaphore
from tests.support.installation import eventually


def test_free_slot_goes_to_the_longest_waiter() -> None:
    turns, had = FifoSemaphore(1), []

    def take_and_give(name: str) -> None:
        turns.acquire()
        had.append(name)
        turns.release()

    turns.acquire()
    waiting = []
    for name in ("first", "second", "third"):
        waiting.append(threading.Thread(target=take_and_give, args=[name]))
        waiting[-1].start()
        eventually(lambda: turns.waiting == len(waiting))
    turns.release()
    take_and_give("who just came")
    for thread in waiting:
        thread.join()
    assert had == ["first", "second", "third", "who just came"]


def test_acquire_does_not_wait_when_a_slot_is_free() -> None:
    turns = FifoSemaphore(2)
    turns.acquire()
    turns.acquire()
    turns.release()
    turns.acquire()
    assert turns.waiting == 0


@pytest.fixture
def one_slot() -> FifoSemaphore:
    return FifoSemaphore(1)


@pytest.fixture
def completion(one_slot: FifoSemaphore) -> Completion:
    return Completion(one_slot)


@pytest.fixture
def wait_in_slot(
    one_slot: FifoSemaphore, completion: Completion
) -> Callable[[float], Future[tuple[bool, bool]]]:
    """`wait_in_slot(timeout)` waits as a request does: whether it was set, and whether it has a slot."""

    def start(timeout: float) -> Future[tuple[bool, bool]]:
        outcome: Future[tuple[bool, bool]] = Future()
        has_begun = threading.Event()

        def work() -> None:
            has_begun.set()
            is_set = completion.wait(timeout)
            outcome.set_result((is_set, not one_slot.has_free))

        threading.Thread(target=one_slot.run, args=[work]).start()
        assert has_begun.wait(60)
        return outcome

    return start


def test_a_complete_request_is_not_waited_for(completion: Completion) -> None:
    completion.set()
    completion.set()
    assert [completion.wait(0), completion.wait(0)] == [True, True]


def test_waiting_releases_the_slot_and_acquires_one_again(
    one_slot: FifoSemaphore, completion: Completion, wait_in_slot: Any
) -> None:
    outcome = wait_in_slot(60)
    one_slot.acquire()
    completion.set()
    eventually(lambda: one_slot.waiting == 1)
    assert not outcome.done()
    one_slot.release()
    assert outcome.result(60) == (True, True)
    eventually(lambda: one_slot.has_free)


def test_waiting_ends_at_its_timeout_with_a_slot(
    one_slot: FifoSemaphore, completion: Completion, wait_in_slot: Any
) -> None:
    assert wait_in_slot(0.01).result(60) == (False, True)
    eventually(lambda: one_slot.has_free)
    completion.set()
    assert completion.wait(0)
    assert one_slot.has_free


def test_one_slot_is_taken_when_the_timeout_ends_during_a_handover(
    one_slot: FifoSemaphore, completion: Completion, wait_in_slot: Any
) -> None:
    outcome = wait_in_slot(1)
    one_slot.acquire()
    completion.set()
    with pytest.raises(TimeoutError):
        outcome.result(1.5)
    assert one_slot.waiting == 1
    one_slot.release()
    assert outcome.result(60) == (True, True)
    eventually(lambda: one_slot.has_free)
