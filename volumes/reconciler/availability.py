"""Whether the storage as a whole is available: looked at from time to time, and kept in one row."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from threading import Event, Thread

from django.db.models.functions import Now

from volumes.backends import Backend, BackendError
from volumes.backends.texts import cut
from volumes.models import StorageState
from volumes.models.base import STORAGE_UNAVAILABLE
from volumes.reconciler.outcomes import Failed, Outcome
from volumes.storage import storage

log = logging.getLogger("holdfast.reconciler")

ANSWERS_WITHIN = 5.0
"""Seconds after which a storage that does not answer counts as unavailable."""
SILENT = "The storage does not answer. Check the disk or the network mount of STORAGE_ROOT."


class AvailabilityCheck:
    """Asks the storage in a thread of its own, which a dead disk or network mount may hold forever."""

    def __init__(self) -> None:
        self._asking: Thread | None = None
        self._found = ""

    def run(self, backend: Backend) -> str:
        """Return "" if the storage is available, else why not, for operators.

        While an earlier question has no answer, no other is asked.
        """
        if self._asking is None or not self._asking.is_alive():
            self._asking = Thread(target=self._ask, args=(backend,), daemon=True)
            self._asking.start()
        self._asking.join(ANSWERS_WITHIN)
        return SILENT if self._asking.is_alive() else self._found

    def _ask(self, backend: Backend) -> None:
        try:
            backend.check()
        except BackendError as error:
            self._found = error.detail
        else:
            self._found = ""


def watch_availability(_: Event) -> None:
    """The periodic job: ten seconds later at most, the row says how the storage is."""
    refresh_availability()


def refresh_availability() -> str:
    """Look at the storage and record what was seen. Returns "" or why it is unavailable."""
    detail = _check.run(storage())
    record_availability(detail)
    return detail


def record_availability(detail: str) -> None:
    """Record that the storage is available (""), or why it is not. Writes only what changed."""
    state, _ = StorageState.objects.get_or_create(number=1)
    detail = cut(detail, 2000)
    if detail == state.detail and bool(detail) == (state.unavailable_since is not None):
        return
    rows = StorageState.objects.filter(number=1)
    if not detail:
        log.info("the storage is available again")
        rows.update(unavailable_since=None, detail="")
    elif state.unavailable_since:
        rows.update(detail=detail)
    else:
        log.warning("the storage is unavailable: %s", detail)
        rows.update(unavailable_since=Now(), detail=detail)


def record_outage(outcomes: Iterable[Outcome]) -> None:
    """Record that the storage is unavailable if one of these steps failed for that."""
    for outcome in outcomes:
        if isinstance(outcome, Failed) and outcome.reason == STORAGE_UNAVAILABLE:
            # What the check has said since is at least as good.
            if not StorageState.objects.filter(unavailable_since__isnull=False).exists():
                record_availability(outcome.detail)
            return


_check = AvailabilityCheck()
