"""Group commit: creates that arrive at the same time are written together.

A transaction for many volumes costs the database, and the process that waits for it, little more than one
for a single volume. A request that arrives during a write waits in the queue of its environment, and is
part of the next batch. A group commit produces successes only. If something prevents a volume, the
ordinary create finds out what, under the environment's lock.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.conf import settings
from django.db import IntegrityError, connection

from config import limits
from config.db.cte import execute_if_locked
from volumes.models import Volume
from volumes.queries.quota import is_storage_limited, quota_lock_statements
from volumes.reconciler.executors import is_immediate, run_in_thread
from volumes.reconciler.inline import reconcile_batch
from volumes.services.create_requests import AuthorizedCreate, CreateByToken, authorize
from volumes.services.new_volume import NewVolume, insert_statements

log = logging.getLogger("holdfast.group_commit")

BATCH_WINDOW = 0.006
"""Seconds, for each request of the last batch, to wait for the next batch to grow as large.

A response and the client's next request take that long.
"""
commit_pool = ThreadPoolExecutor(limits.COMMIT_THREADS, thread_name_prefix="commit")
"""Each thread writes one batch of one environment, which then goes to the end of the queue."""


class EnvironmentQueue:
    """The creates of one environment: those to look up, and the authorized ones to write."""

    def __init__(self) -> None:
        self._arrived: list[CreateByToken] = []
        self._requests: deque[AuthorizedCreate] = deque()
        self._running: list[AuthorizedCreate] = []
        """The batch that is being written."""
        self._expected = 1
        self._has_expected = threading.Event()
        self._callers: set[str] = set()
        """The tokens of the last batch. Only these are expected again."""

    @property
    def window(self) -> float:
        """Seconds to wait for the expected requests."""
        return 0 if is_immediate() else BATCH_WINDOW * self._expected

    def expects(self, create: CreateByToken) -> bool:
        """Return whether the create's token was allowed to create a volume in the last batch."""
        return create.digest in self._callers

    def arrive(self, create: CreateByToken) -> list[CreateByToken]:
        """Add a create. Return all creates to look up now: none while more are expected."""
        self._arrived.append(create)
        has_expected = len(self._arrived) + len(self._requests) >= self._expected
        return self.take_arrived(create) if has_expected else []

    def take_arrived(self, create: CreateByToken) -> list[CreateByToken]:
        """Return all creates to look up; none if another thread took this one."""
        if create not in self._arrived:
            return []
        arrived, self._arrived = self._arrived, []
        return arrived

    def add(self, request: AuthorizedCreate) -> None:
        self._requests.append(request)
        if len(self._requests) >= self._expected:
            self._has_expected.set()

    def wait(self) -> None:
        """Wait until the queue has its previous length, or for a moment."""
        self._has_expected.wait(self.window)

    def begin_batch(self) -> list[AuthorizedCreate]:
        """Remove and return the next batch: the first request of each name."""
        batch: dict[str | None, AuthorizedCreate] = {}
        later: deque[AuthorizedCreate] = deque()
        for request in self._requests:
            if len(batch) < limits.MAX_CREATE_BATCH and request.spec.name not in batch:
                batch[request.spec.name] = request
            else:
                later.append(request)
        self._running, self._requests = list(batch.values()), later
        return self._running

    def end_batch(self) -> None:
        """Expect the callers of the batch again, besides those that came meanwhile."""
        waiting = len(self._arrived) + len(self._requests)
        self._expected = min(len(self._running) + waiting, limits.MAX_CREATE_BATCH)
        self._callers = {request.digest for request in self._running}
        if len(self._requests) < self._expected:
            self._has_expected.clear()


class GroupCommitter:
    """The creates of one process: each environment has one queue, and each queue one writer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.queues: dict[uuid.UUID, EnvironmentQueue] = {}

    def submit(self, request: AuthorizedCreate) -> Volume | None:
        """Return the volume, settled or still pending; None if something prevents it.

        Raises the database's error of the batch.
        """
        self._add([request])
        return request.result.wait()

    def submit_by_token(self, create: CreateByToken) -> Volume | None:
        """Look the token up, then do the same. Returns None if the token does not allow it.

        One look-up serves all creates that arrived before it began. No look-up waits for a writer.
        """
        self._add(authorize(self._arrive(create)))
        return create.result.wait()

    def _arrive(self, create: CreateByToken) -> list[CreateByToken]:
        """Return the creates whose tokens this thread has to look up."""
        with self._lock:
            queue = self.queues.get(create.environment_id)
            if queue is None or not queue.expects(create):
                return [create]
            if arrived := queue.arrive(create):
                return arrived
        if create.result.is_finished_within(queue.window):
            return []
        with self._lock:
            return queue.take_arrived(create)

    def _add(self, requests: Sequence[AuthorizedCreate]) -> None:
        """Add requests of one environment to its queue. Start a writer if the queue has none yet."""
        if not requests:
            return
        environment_id = requests[0].environment.pk
        with self._lock:
            queue = self.queues.get(environment_id)
            is_new = queue is None
            if queue is None:
                queue = self.queues[environment_id] = EnvironmentQueue()
            for request in requests:
                queue.add(request)
        if is_new:
            self._write_later(environment_id)

    def _write_later(self, environment_id: uuid.UUID) -> None:
        work = partial(self._write_batches, environment_id)
        if is_immediate():
            work()
        else:
            commit_pool.submit(run_in_thread, work)

    def _write_batches(self, environment_id: uuid.UUID) -> None:
        """Write batches until the queue is empty. After each batch, waiting environments go first."""
        queue = self.queues[environment_id]
        while batch := self._next_batch(environment_id, queue):
            _write_and_settle(batch)
            with self._lock:
                queue.end_batch()
                others_wait = len(self.queues) > limits.COMMIT_THREADS
            if others_wait:
                self._write_later(environment_id)
                return

    def _next_batch(
        self, environment_id: uuid.UUID, queue: EnvironmentQueue
    ) -> list[AuthorizedCreate]:
        """Return the next batch. If it is empty, the queue is removed."""
        queue.wait()
        with self._lock:
            batch = queue.begin_batch()
            if not batch:
                del self.queues[environment_id]
        return batch


def _write_and_settle(batch: Sequence[AuthorizedCreate]) -> None:
    try:
        _write(batch)
    except Exception as error:
        connection.close_if_unusable_or_obsolete()  # the next batch opens another one
        for request in batch:
            request.result.error = None if request.result.volume else error
    try:
        _settle(batch)
    except Exception:
        log.exception("steps_abandoned")  # the reconcile loop repeats them
        for request in batch:
            request.result.finish()


class StorageRule:
    """Whether there is a rule of the storage, as far as this process knows."""

    def __init__(self) -> None:
        self.is_known = False

    def look(self) -> bool:
        self.is_known = is_storage_limited()
        return self.is_known


storage_rule = StorageRule()


def _write(batch: Sequence[AuthorizedCreate]) -> None:
    """Write a batch by one statement, which also checks that the names are free and the quotas suffice.

    The rows of the quotas, and of the storage if there is a rule, are locked for that statement only. It
    writes nothing if the rule is not as this process knew it.
    """
    is_limited = storage_rule.is_known
    new_volumes = [NewVolume(one.environment, one.spec, one.actor, is_leased=True) for one in batch]
    volumes = [new_volume.volume for new_volume in new_volumes]
    room = quota_lock_statements(
        volumes[0].environment,
        sum(volume.size for volume in volumes),
        [volume.name for volume in volumes],
        is_storage_limited=is_limited,
    )
    statements = insert_statements(new_volumes, is_storage_limited=is_limited)
    try:
        is_written = execute_if_locked(room, *statements)
    except IntegrityError:  # a name was taken meanwhile
        is_written = False
    if is_written:
        for request, volume in zip(batch, volumes, strict=True):
            request.result.volume = volume
    elif storage_rule.look() != is_limited:
        _write(batch)
    elif len(batch) > 1:  # what prevents one need not prevent the others
        for one in batch:
            _write([one])


def _settle(batch: Sequence[AuthorizedCreate]) -> None:
    """Run the steps of a batch and wait for them, unless they are slow. A settled request is finished."""
    results = {one.result.volume.pk: one.result for one in batch if one.result.volume}
    is_waited_for = settings.RECONCILE_INLINE
    for request in batch:
        if request.result.volume is None or not is_waited_for:
            request.result.finish()
    volumes = [one.result.volume for one in batch if one.result.volume]
    if volumes:
        reconcile_batch(volumes, lambda volume: results[volume.pk].finish(volume))
