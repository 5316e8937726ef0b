"""Threads are shared fairly: no environment gets all of them, and none waits behind another's queue."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event

import pytest

from tests.support.installation import eventually
from volumes.reconciler.executors import FairExecutor

ALICES, CHARLIES, ERINS = uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)


@pytest.fixture
def may_end() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


@pytest.fixture
def executor(may_end: Event) -> Iterator[Callable[..., FairExecutor]]:
    made: list[FairExecutor] = []

    def make(size: int, share: int) -> FairExecutor:
        made.append(FairExecutor("test", size=size, share=share))
        return made[-1]

    yield make
    may_end.set()
    for one in made:
        one.shutdown()


def test_one_environment_gets_no_more_than_its_share(executor, may_end):
    four = executor(size=4, share=2)
    begun: list[str] = []

    def hang(name: str) -> None:
        begun.append(name)
        assert may_end.wait(60)

    long = [four.submit(ALICES, partial(hang, f"long-{number}")) for number in range(5)]
    four.submit(CHARLIES, partial(begun.append, "quick")).result(60)
    assert sorted(begun) == ["long-0", "long-1", "quick"]
    assert (four.free_slots(), four.free_share(ALICES), four.free_share(CHARLIES)) == (2, 0, 2)
    may_end.set()
    for one in long:
        one.result(60)
    eventually(lambda: four.free_slots() == 4)


def test_environments_are_served_round_robin_whatever_their_queues(executor, may_end):
    one = executor(size=1, share=1)
    one.submit(ERINS, lambda: may_end.wait(60))
    served: list[str] = []
    works = [
        one.submit(environment, partial(served.append, name))
        for environment, name in [
            *((ALICES, f"a{number}") for number in range(3)),
            *((CHARLIES, f"c{number}") for number in range(2)),
        ]
    ]
    may_end.set()
    for work in works:
        work.result(60)
    assert served == ["a0", "c0", "a1", "c1", "a2"]


def test_a_task_that_has_not_begun_by_its_deadline_is_dropped(executor, may_end):
    one = executor(size=1, share=1)
    one.submit(ALICES, lambda: may_end.wait(60))
    late = one.submit(ALICES, lambda: pytest.fail("too late"), deadline=time.monotonic())
    time.sleep(0.01)
    following = one.submit(ALICES, lambda: None, deadline=time.monotonic() + 60)
    assert late.cancelled()
    may_end.set()
    following.result(60)


def test_an_error_ends_neither_the_thread_nor_the_queue(executor, may_end, caplog):
    one = executor(size=1, share=1)

    def broken() -> None:
        raise RuntimeError("a bug")

    one.submit(ALICES, broken).result(60)
    one.submit(ALICES, lambda: None).result(60)
    assert "step_abandoned" in caplog.text
