"""Executors run steps in threads. No environment gets all threads of an executor."""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Protocol

from django.conf import settings
from django.db import connection

from config import limits

log = logging.getLogger("holdfast.reconciler")

Work = Callable[[], object]


class Executor(Protocol):
    """Runs work for environments."""

    size: int
    share: int

    def submit(
        self, environment_id: uuid.UUID, work: Work, *, deadline: float = math.inf
    ) -> Future[None]: ...

    def free_slots(self) -> int: ...

    def free_share(self, environment_id: uuid.UUID) -> int: ...

    def shutdown(self) -> None: ...


class _Job(NamedTuple):
    work: Work
    future: Future[None]
    deadline: float


class FairExecutor:
    """A pool of at most `size` threads, of which at most `share` work for one environment.

    Work waits if no thread is free. A thread that becomes free serves the environments round robin, so
    a long queue of one environment delays no other.
    """

    def __init__(self, name: str, *, size: int, share: int) -> None:
        self.size, self.share = size, share
        self._threads = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._running: Counter[uuid.UUID] = Counter()
        # In round-robin order: an environment moves to the end when it is served.
        self._waiting: dict[uuid.UUID, deque[_Job]] = {}

    def submit(
        self, environment_id: uuid.UUID, work: Work, *, deadline: float = math.inf
    ) -> Future[None]:
        """Run `work` in a thread. Cancel the future if it has not begun by `deadline` (monotonic)."""
        job = _Job(work, Future(), deadline)
        with self._lock:
            is_next = self._has_free_slot(environment_id)
            if is_next:
                self._running[environment_id] += 1
            else:
                self._enqueue(environment_id, job)
        if is_next:
            self._threads.submit(self._serve, environment_id, job)
        return job.future

    def free_slots(self) -> int:
        """Return the number of free threads."""
        with self._lock:
            return self.size - self._running.total()

    def free_share(self, environment_id: uuid.UUID) -> int:
        """Return how many more threads the environment may use, if they are free."""
        with self._lock:
            return self.share - self._running[environment_id]

    def shutdown(self) -> None:
        """Wait for all work, and end the threads."""
        self._threads.shutdown()

    def _has_free_slot(self, environment_id: uuid.UUID) -> bool:
        is_full = self._running.total() >= self.size
        return not is_full and self._running[environment_id] < self.share

    def _enqueue(self, environment_id: uuid.UUID, job: _Job) -> None:
        jobs = self._waiting.setdefault(environment_id, deque())
        _drop_expired(jobs)  # while a disk hangs, no thread drops them
        jobs.append(job)

    def _serve(self, environment_id: uuid.UUID, job: _Job) -> None:
        """Run this job, then the next ones, until none is left."""
        entry: tuple[uuid.UUID, _Job] | None = (environment_id, job)
        while entry:
            environment_id, job = entry
            if job.future.set_running_or_notify_cancel():
                run_in_thread(job.work)
                job.future.set_result(None)
            entry = self._next(environment_id)

    def _next(self, done: uuid.UUID) -> tuple[uuid.UUID, _Job] | None:
        with self._lock:
            self._running[done] -= 1
            if not self._running[done]:
                del self._running[done]
            environment_id = self._first_waiting()
            if environment_id is None:
                return None
            jobs = self._waiting.pop(environment_id)
            job = jobs.popleft()
            if jobs:
                self._waiting[environment_id] = jobs
            self._running[environment_id] += 1
            return environment_id, job

    def _first_waiting(self) -> uuid.UUID | None:
        """Return the next environment in round-robin order that has not used up its share."""
        expired, first = [], None
        for environment_id, jobs in self._waiting.items():
            _drop_expired(jobs)
            if not jobs:
                expired.append(environment_id)
            elif self._running[environment_id] < self.share:
                first = environment_id
                break
        for environment_id in expired:
            del self._waiting[environment_id]
        return first


def _drop_expired(jobs: deque[_Job]) -> None:
    now = time.monotonic()
    while jobs and (jobs[0].deadline < now or jobs[0].future.cancelled()):
        jobs.popleft().future.cancel()


class ImmediateExecutor:
    """Runs work at once in the calling thread, so that a test sees its own transaction."""

    size = share = 1

    def submit(
        self, environment_id: uuid.UUID, work: Work, *, deadline: float = math.inf
    ) -> Future[None]:
        future: Future[None] = Future()
        work()
        future.set_result(None)
        return future

    def free_slots(self) -> int:
        return 1

    def free_share(self, environment_id: uuid.UUID) -> int:
        return 1

    def shutdown(self) -> None:
        pass


class Executors(NamedTuple):
    """Steps that open tenant files may take hours, so quick ones have their own executor."""

    quick: Executor
    bulk: Executor

    def select(self, *, is_bulk: bool) -> Executor:
        return self.bulk if is_bulk else self.quick


def run_in_thread(work: Work) -> None:
    """Run `work`, log its exception, and close the thread's database connection.

    The row still has the work to do, so the loop repeats what fails here.
    """
    try:
        work()
    except Exception:
        log.exception("step_abandoned")
    finally:
        connection.close()


def is_immediate() -> bool:
    """Return whether steps run in the calling thread, before its transaction ends."""
    return settings.EXECUTOR == "immediate"


def inline_executors() -> Executors:
    """Return the executors for steps of this process's requests."""
    return _IMMEDIATE if is_immediate() else _INLINE


def loop_executors() -> Executors:
    """Return new executors for a reconcile loop. Most of their threads wait for the disk."""
    return Executors(
        FairExecutor("quick", size=limits.LOOP_QUICK_THREADS, share=limits.LOOP_QUICK_SHARE),
        FairExecutor("bulk", size=limits.LOOP_BULK_THREADS, share=limits.LOOP_BULK_SHARE),
    )


def rounds_executor() -> Executor:
    """Return a new executor for work on all volumes. A walk over one tree may take hours."""
    return (
        _IMMEDIATE.bulk
        if is_immediate()
        else FairExecutor("rounds", size=limits.ROUNDS_THREADS, share=1)
    )


_IMMEDIATE = Executors(ImmediateExecutor(), ImmediateExecutor())
_INLINE = Executors(
    FairExecutor("quick", size=limits.QUICK_THREADS, share=limits.QUICK_SHARE),
    FairExecutor("bulk", size=limits.BULK_THREADS, share=limits.BULK_SHARE),
)
