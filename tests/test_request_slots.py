"""Few requests at once in each worker: the others stand in line, and nobody pushes in."""

from __future__ import annotations

import threading

from config.concurrency import FifoSemaphore
from tests.support.installation import eventually


def test_who_has_waited_longest_is_next() -> None:
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


def test_as_many_as_there_are_turns_do_not_wait() -> None:
    turns = FifoSemaphore(2)
    turns.acquire()
    turns.acquire()
    turns.release()
    turns.acquire()
    assert turns.waiting == 0
