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

from accounts.callers import Actor, Caller
from accounts.models import Role
from config import limits
from config.concurrency import Completion
from config.db.cte import execute_if_locked
from volumes.models import Environment, Volume
from volumes.queries.quota import quota_lock_statements
from volumes.reconciler.executors import is_immediate, run_in_thread
from volumes.reconciler.inline import reconcile_batch
from volumes.services.new_volume import NewVolume, insert_statements
from volumes.services.token_lookup import TokenLookup
from volumes.specs.volume import VolumeSpec

log = logging.getLogger("holdfast.group_commit")

BATCH_WINDOW = 0.006
"""Seconds, for each request of the last batch, to wait for the next batch to grow as large.

A response, the client's next request and its token lookup take that long.
"""
commit_pool = ThreadPoolExecutor(limits.COMMIT_THREADS, thread_name_prefix="commit")
"""Each thread writes one batch of one environment, which then goes to the end of the queue."""
_tokens = TokenLookup()


class AuthorizedCreate:
    """A create whose caller is authorized. Its spec has no parse problems."""

    def __init__(self, environment: Environment, spec: VolumeSpec, actor: Actor) -> None:
        self.environment = environment
        self.spec = spec
        self.actor = actor
        self.volume: Volume | None = None
        self.error: Exception | None = None
        self._is_finished = Completion()

    def finish(self, volume: Volume | None = None) -> None:
        """Wake the thread that waits for this request. `volume` is as its step left it."""
        self.volume = volume or self.volume
        self._is_finished.set()

    def wait(self) -> None:
        """Wait until it is finished. Once it is written, wait for INLINE_WAIT seconds at most."""
        while not self._is_finished.wait(limits.INLINE_WAIT) and self.volume is None:
            pass


def authorize_create(
    digest: str,
    environment_id: uuid.UUID,
    spec: VolumeSpec,
    ip: str | None,
    arrived_at: float | None,
) -> AuthorizedCreate | None:
    """Return the create if token, second factor, role and scope allow it, None for any reason if not.

    `digest` is the token's. `arrived_at` is when the whole request had arrived, if that is known.
    """
    found = _tokens.find(digest, environment_id, arrived_at)
    if found is None:
        return None
    user, token, environment = found
    caller = Caller(user=user, token=token, ip=ip)
    if not caller.may(Role.EDITOR, role=environment.role):
        return None
    return AuthorizedCreate(environment, spec, caller.actor)


class EnvironmentQueue:
    """The requests of one environment. Those of the running batch stay until they are written."""

    def __init__(self) -> None:
        self._requests: deque[AuthorizedCreate] = deque()
        self._expected = 1
        self._has_expected = threading.Event()

    def add(self, request: AuthorizedCreate) -> None:
        self._requests.append(request)
        if len(self._requests) >= self._expected:
            self._has_expected.set()

    def wait(self) -> None:
        """Wait until the queue has its previous length, or for a moment."""
        self._has_expected.wait(0 if is_immediate() else BATCH_WINDOW * self._expected)

    def first_of_each_name(self) -> list[AuthorizedCreate]:
        """Return the next batch: the first request of each name. Later ones stay queued."""
        batch: dict[str | None, AuthorizedCreate] = {}
        for request in self._requests:
            batch.setdefault(request.spec.name, request)
            if len(batch) == limits.MAX_CREATE_BATCH:
                break
        return list(batch.values())

    def remove(self, batch: Sequence[AuthorizedCreate]) -> None:
        """Remove a batch that was written."""
        self._expected = min(len(self._requests), limits.MAX_CREATE_BATCH)
        finished = set(map(id, batch))
        self._requests = deque(one for one in self._requests if id(one) not in finished)
        if len(self._requests) < self._expected:
            self._has_expected.clear()


class GroupCommitter:
    """The creates of one process: each environment has one queue, and each queue one writer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[uuid.UUID, EnvironmentQueue] = {}

    def submit(self, request: AuthorizedCreate) -> Volume | None:
        """Return the volume, settled or still pending; None if something prevents it.

        Raises the database's error of the batch.
        """
        environment_id = request.environment.pk
        if self._is_first(request):
            self._write_later(environment_id)
        request.wait()
        if request.error:
            raise request.error
        return request.volume

    def _is_first(self, request: AuthorizedCreate) -> bool:
        """Add a request to its queue. Return whether the queue is new, and so has no writer yet."""
        with self._lock:
            queue = self._queues.get(request.environment.pk)
            is_new = queue is None
            if queue is None:
                queue = self._queues[request.environment.pk] = EnvironmentQueue()
            queue.add(request)
        return is_new

    def _write_later(self, environment_id: uuid.UUID) -> None:
        work = partial(self._write_batches, environment_id)
        if is_immediate():
            work()
        else:
            commit_pool.submit(run_in_thread, work)

    def _write_batches(self, environment_id: uuid.UUID) -> None:
        """Write batches until the queue is empty. After each batch, waiting environments go first."""
        queue = self._queues[environment_id]
        while batch := self._next_batch(environment_id, queue):
            _write_and_settle(batch)
            with self._lock:
                queue.remove(batch)
                others_wait = len(self._queues) > limits.COMMIT_THREADS
            if others_wait:
                self._write_later(environment_id)
                return

    def _next_batch(
        self, environment_id: uuid.UUID, queue: EnvironmentQueue
    ) -> list[AuthorizedCreate]:
        """Return the next batch. If it is empty, the queue is removed."""
        queue.wait()
        with self._lock:
            batch = queue.first_of_each_name()
            if not batch:
                del self._queues[environment_id]
        return batch


def _write_and_settle(batch: Sequence[AuthorizedCreate]) -> None:
    try:
        _write(batch)
    except Exception as error:
        connection.close_if_unusable_or_obsolete()  # the next batch opens another one
        for request in batch:
            request.error = None if request.volume else error
    try:
        _settle(batch)
    except Exception:
        log.exception("steps_abandoned")  # the reconcile loop repeats them
        for request in batch:
            request.finish()


def _write(batch: Sequence[AuthorizedCreate]) -> None:
    """Write a batch by one statement, which also checks that the names are free and the quotas suffice.

    The quotas' rows are locked for that statement only.
    """
    new_volumes = [NewVolume(one.environment, one.spec, one.actor, is_leased=True) for one in batch]
    volumes = [new_volume.volume for new_volume in new_volumes]
    room = quota_lock_statements(
        volumes[0].environment,
        sum(volume.size for volume in volumes),
        [volume.name for volume in volumes],
    )
    try:
        is_written = execute_if_locked(room, *insert_statements(new_volumes))
    except IntegrityError:  # a name was taken meanwhile
        is_written = False
    if is_written:
        for request, volume in zip(batch, volumes, strict=True):
            request.volume = volume
    elif len(batch) > 1:  # what prevents one need not prevent the others
        for one in batch:
            _write([one])


def _settle(batch: Sequence[AuthorizedCreate]) -> None:
    """Run the steps of a batch and wait for them, unless they are slow. A settled request is finished."""
    requests = {request.volume.pk: request for request in batch if request.volume}
    is_waited_for = settings.RECONCILE_INLINE
    for request in batch:
        if request.volume is None or not is_waited_for:
            request.finish()
    volumes = [request.volume for request in batch if request.volume]
    if volumes:
        reconcile_batch(volumes, lambda volume: requests[volume.pk].finish(volume))
