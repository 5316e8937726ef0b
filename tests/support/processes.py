"""Runs functions at the same moment in separate processes, on the suite's database."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from typing import Any, TypeVar

Argument = TypeVar("Argument")
Result = TypeVar("Result")

_start: Barrier | None = None


class Race:
    """`race(function, arguments)` calls the function for each argument in its own process, all at once.

    The function must be importable, because the processes are spawned.
    """

    def __init__(self, pool: Any, width: int) -> None:
        self._pool, self._width = pool, width

    def __call__(
        self, function: Callable[[Argument], Result], arguments: Iterable[Argument]
    ) -> list[Result]:
        tasks = [(function, argument) for argument in arguments]
        assert len(tasks) == self._width, "each process takes exactly one"
        results: list[Result] = self._pool.map(_run, tasks, chunksize=1)
        return results


@contextmanager
def racers(width: int) -> Iterator[Race]:
    from django.db import connection

    # Spawned, not forked: a forked child would share this one's connections.
    context = multiprocessing.get_context("spawn")
    name = connection.settings_dict["NAME"]
    with context.Pool(width, _begin, (context.Barrier(width), str(name))) as pool:
        yield Race(pool, width)


def _begin(barrier: Barrier, database: str) -> None:
    global _start
    _start = barrier
    import django
    from django.conf import settings
    from django.test.utils import setup_test_environment

    settings.DATABASES["default"]["NAME"] = database
    settings.LOGGING["root"]["level"] = "ERROR"
    django.setup()
    setup_test_environment()  # the test client's host is allowed


def _run(task: tuple[Callable[[Any], Any], Any]) -> Any:
    from django.db import connection

    function, argument = task
    assert _start is not None
    _start.wait(timeout=120)
    try:
        return function(argument)
    finally:
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
