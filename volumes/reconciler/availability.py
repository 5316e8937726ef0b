"""Check periodically whether the storage as a whole is available, and record it in one row."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import Generic, TypeVar

from django.db.models.functions import Now

from config import limits
from volumes.backends import Backend, BackendError, StorageUnavailable
from volumes.backends.texts import cut
from volumes.models import StorageState
from volumes.models.base import STORAGE_UNAVAILABLE
from volumes.reconciler.outcomes import Failed, Outcome
from volumes.storage import storage

log = logging.getLogger("holdfast.reconciler")

Answer = TypeVar("Answer")

NO_ANSWER = "The storage does not answer. Check the disk or the network mount of STORAGE_ROOT."


class StorageQuestion(Generic[Answer]):
    """Asks the storage in its own thread, because a dead disk or network mount may block it forever."""

    def __init__(self, ask: Callable[[Backend], Answer]) -> None:
        self._ask = ask
        self._thread: Thread | None = None
        self._answer: Answer | BackendError

    def answer(self, backend: Backend) -> Answer:
        """Return the answer. Raises BackendError, also after STORAGE_CHECK_TIMEOUT without an answer.

        While an earlier question is unanswered, no other one is asked.
        """
        if self._thread is None or not self._thread.is_alive():
            self._thread = Thread(target=self._run, args=(backend,), daemon=True)
            self._thread.start()
        self._thread.join(limits.STORAGE_CHECK_TIMEOUT)
        if self._thread.is_alive():
            raise StorageUnavailable(NO_ANSWER)
        if isinstance(self._answer, BackendError):
            raise self._answer
        return self._answer

    def _run(self, backend: Backend) -> None:
        try:
            self._answer = self._ask(backend)
        except BackendError as error:
            self._answer = error


def watch_availability(_: Event) -> None:
    """Run the periodic job: the row is at most ten seconds behind the storage."""
    refresh_availability()


def refresh_availability() -> str:
    """Check the storage and record the result. Return "" or why it is unavailable."""
    detail = ""
    try:
        _check.answer(storage())
    except BackendError as error:
        detail = error.detail
    record_availability(detail)
    return detail


def record_availability(detail: str) -> None:
    """Record that the storage is available (""), or why it is not. Write only changes."""
    state, _ = StorageState.objects.get_or_create(number=1)
    detail = cut(detail, 2000)
    if detail == state.detail and bool(detail) == (state.unavailable_since is not None):
        return
    rows = StorageState.objects.filter(number=1)
    if not detail:
        log.info("storage_available")
        rows.update(unavailable_since=None, detail="")
    elif state.unavailable_since:
        rows.update(detail=detail)
    else:
        log.warning("storage_unavailable", extra={"cause": detail})
        rows.update(unavailable_since=Now(), detail=detail)


def record_outage(outcomes: Iterable[Outcome]) -> None:
    """Record that the storage is unavailable if one of these steps failed for that reason."""
    for outcome in outcomes:
        if isinstance(outcome, Failed) and outcome.reason == STORAGE_UNAVAILABLE:
            # A detail that the check recorded meanwhile is at least as good.
            if not StorageState.objects.filter(unavailable_since__isnull=False).exists():
                record_availability(outcome.detail)
            return


_check: StorageQuestion[None] = StorageQuestion(lambda backend: backend.check())
