"""Health endpoints: whether this process is up, and whether it is ready. They need no login."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.conf import settings
from django.db import Error, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import FailureCount
from volumes.backends import BackendError
from volumes.backends.base import LimitMode
from volumes.storage import storage

log = logging.getLogger("holdfast.health")

WRITE_INTERVAL = 1.0
"""Seconds between two test writes to the database, however many requests come."""
WRITE_TIMEOUT = 5000
"""Milliseconds to wait for other writers, as long as requests wait."""
OK, UNAVAILABLE = "ok", "unavailable"


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 if the process answers. Checks nothing else."""
    return JsonResponse({"status": OK})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 if the database is writable and the storage answers, else 503.

    The response names the failed check only. The log has the cause and its cure.
    """
    checks = {"database": _check_database(), "storage": _check_storage()}
    if set(checks.values()) == {OK}:
        return JsonResponse({"status": OK})
    answer = JsonResponse({"status": UNAVAILABLE, "checks": checks}, status=503)
    answer["Retry-After"] = "5"
    return answer


class WriteCheck:
    """Writes to the database to check that it is writable, for one request at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._written_at = -WRITE_INTERVAL
        self._error: Error | None = None

    def check(self) -> None:
        """Raise Error if the last write failed. Does not wait for a write of another thread."""
        if self._lock.acquire(blocking=False):
            try:
                self._write_if_due()
            finally:
                self._lock.release()
        if self._error:
            raise self._error

    def _write_if_due(self) -> None:
        if not self._error and time.monotonic() - self._written_at < WRITE_INTERVAL:
            return
        try:
            write()
        except Error as error:
            self._error = error
        else:
            self._error, self._written_at = None, time.monotonic()


def write() -> None:
    """Insert and delete a row in one commit: only a commit detects a full disk. Raises Error."""
    key = f"readyz {uuid.uuid4()}"  # unique, so that processes do not wait for each other
    with _short_wait(), transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SET LOCAL lock_timeout = {WRITE_TIMEOUT}")
        FailureCount.objects.create(key=key, count=0, expires_at=timezone.now())
        FailureCount.objects.filter(key=key).delete()


@contextmanager
def _short_wait() -> Iterator[None]:
    """Make SQLite wait for other writers for at most WRITE_TIMEOUT."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (usual,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {WRITE_TIMEOUT}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


_writes = WriteCheck()


def _check_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")  # detects a lost connection at once
        _writes.check()
    except Error as error:
        log.warning("database_not_writable", extra={"cause": str(error)})
        return UNAVAILABLE
    return OK


def _check_limits() -> None:
    """Raise BackendError if sizes must be enforced and are not: then no volume can be created."""
    if settings.STORAGE_LIMITS != LimitMode.REQUIRED:
        return
    if reason := storage().capabilities().no_enforcement_reason:
        raise BackendError(f"STORAGE_LIMITS is required, but sizes are not enforced. {reason}")


def _check_storage() -> str:
    try:
        storage().check()
        _check_limits()
    except BackendError as error:
        log.warning("storage_unusable", extra={"cause": error.detail})
        return UNAVAILABLE
    except Error:
        return UNAVAILABLE  # the installation id is in the database
    return OK
