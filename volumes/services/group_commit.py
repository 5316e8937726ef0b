"""A group commit of new volumes: creates that come at the same time are written together.

A transaction costs the database, and a process that waits for it, little more for many volumes than for
one. A request that comes while others are written waits in the queue of its environment, and is written
with all that do. A group commit only ever succeeds: what is in the way of a volume, the ordinary way
finds out under its lock.
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
from config.concurrency import Completion
from config.db.cte import execute_if_locked
from volumes.models import Environment, Volume
from volumes.queries.quota import quota_lock_statements
from volumes.reconciler.batch import INLINE_WAIT
from volumes.reconciler.executors import is_immediate, run_in_thread
from volumes.reconciler.inline import reconcile_batch
from volumes.services.new_volume import NewVolume, insert_statements
from volumes.services.token_lookup import TokenLookup
from volumes.specs.volume import VolumeSpec

log = logging.getLogger("holdfast.group_commit")

BATCH_SIZE = 64
"""Requests that are written at once."""
GATHERING = 0.006
"""Seconds, for each request of the last batch, to wait for as many to come once more.

A response, the next request and its look-up take that long, most of them one after the other.
"""
COMMIT_THREADS = 6
commit_pool = ThreadPoolExecutor(COMMIT_THREADS, thread_name_prefix="commit")
"""Each thread writes one batch of one environment, which then goes to the end of the queue."""
_tokens = TokenLookup()


class AuthorizedCreate:
    """A volume that somebody wants who may create it. The wish has no problems in itself."""

    def __init__(self, environment: Environment, spec: VolumeSpec, actor: Actor) -> None:
        self.environment = environment
        self.spec = spec
        self.actor = actor
        self.volume: Volume | None = None
        self.error: Exception | None = None
        self._is_finished = Completion()

    def finish(self) -> None:
        """There is nothing more to wait for."""
        self._is_finished.set()

    def wait(self) -> None:
        """Wait until it is finished; once it is written, no longer than for a step."""
        while not self._is_finished.wait(INLINE_WAIT) and self.volume is None:
            pass


def authorize_create(
    digest: str,
    environment_id: uuid.UUID,
    spec: VolumeSpec,
    ip: str | None,
    arrived_at: float | None,
) -> AuthorizedCreate | None:
    """The request of the token with this digest, if token, second factor, role and scope allow it.

    None says nothing about the reason. `arrived_at` is when the request was there, if that is known.
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
    """Requests of one environment; those that are being written stay until they are."""

    def __init__(self) -> None:
        self._requests: deque[AuthorizedCreate] = deque()
        self._expected = 1
        self._has_expected = threading.Event()

    def add(self, request: AuthorizedCreate) -> None:
        self._requests.append(request)
        if len(self._requests) >= self._expected:
            self._has_expected.set()

    def wait(self) -> None:
        """Wait until as many are here as before the last batch was removed, or for a moment."""
        self._has_expected.wait(0 if is_immediate() else GATHERING * self._expected)

    def first_of_each_name(self) -> list[AuthorizedCreate]:
        """The next batch. A later request of the same name stays: the first has to be there by then."""
        batch: dict[str | None, AuthorizedCreate] = {}
        for request in self._requests:
            batch.setdefault(request.spec.name, request)
            if len(batch) == BATCH_SIZE:
                break
        return list(batch.values())

    def remove(self, batch: Sequence[AuthorizedCreate]) -> None:
        """These are written."""
        self._expected = min(len(self._requests), BATCH_SIZE)
        finished = set(map(id, batch))
        self._requests = deque(one for one in self._requests if id(one) not in finished)
        if len(self._requests) < self._expected:
            self._has_expected.clear()


class GroupCommitter:
    """The creates of one process: a queue for each environment, and for each queue one writer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[uuid.UUID, EnvironmentQueue] = {}

    def submit(self, request: AuthorizedCreate) -> Volume | None:
        """The volume, settled or still being made; None where something is in the way.

        Raises what the database raises to the writer, to all for whom it was written.
        """
        environment_id = request.environment.pk
        if self._is_first(request):
            self._write_later(environment_id)
        request.wait()
        if request.error:
            raise request.error
        return request.volume

    def _is_first(self, request: AuthorizedCreate) -> bool:
        """Add it to its queue. True if the queue is new, so that nobody writes for it yet."""
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
        """Write until nobody comes; after each batch, let other environments go first that wait."""
        queue = self._queues[environment_id]
        while batch := self._next_batch(environment_id, queue):
            _write_and_settle(batch)
            with self._lock:
                queue.remove(batch)
                others_wait = len(self._queues) > COMMIT_THREADS
            if others_wait:
                self._write_later(environment_id)
                return

    def _next_batch(
        self, environment_id: uuid.UUID, queue: EnvironmentQueue
    ) -> list[AuthorizedCreate]:
        """Whom to write for. Where nobody has come there is no queue afterwards."""
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
        connection.close_if_unusable_or_obsolete()  # the next ones begin with another one
        for request in batch:
            request.error = None if request.volume else error
    try:
        _settle(batch)
    except Exception:
        log.exception("steps_abandoned")  # the loop repeats them
        for request in batch:
            request.finish()


def _write(batch: Sequence[AuthorizedCreate]) -> None:
    """In one statement, which also sees that the names are free and there is room for all of them.

    The quotas' rows stay locked for that statement only.
    """
    newborns = [NewVolume(one.environment, one.spec, one.actor, is_leased=True) for one in batch]
    volumes = [newborn.volume for newborn in newborns]
    room = quota_lock_statements(
        volumes[0].environment,
        sum(volume.size for volume in volumes),
        [volume.name for volume in volumes],
    )
    try:
        is_written = execute_if_locked(room, *insert_statements(newborns))
    except IntegrityError:  # a name was taken since
        is_written = False
    if is_written:
        for request, volume in zip(batch, volumes, strict=True):
            request.volume = volume
    elif len(batch) > 1:  # what is in the way of one need not be in all the others'
        for one in batch:
            _write([one])


def _settle(batch: Sequence[AuthorizedCreate]) -> None:
    """Take their steps, and see them end unless that takes long. Each is finished when it is settled."""
    requests = {request.volume.pk: request for request in batch if request.volume}
    is_waited_for = settings.RECONCILE_INLINE
    for request in batch:
        if request.volume is None or not is_waited_for:
            request.finish()
    volumes = [request.volume for request in batch if request.volume]
    if volumes:
        reconcile_batch(volumes, lambda row: requests[row.pk].finish())
