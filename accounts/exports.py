"""Limits each person to one download at a time, across all processes and servers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Self

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Export, User
from config.errors import TooManyRequests

LEASE = timedelta(seconds=60)
"""Longer than READER_TIMEOUT and the time of one batch together, so that no running export expires."""
RENEW_AFTER = LEASE.total_seconds() / 4
RETRY_AFTER = 10
"""Seconds after which it is worth asking again while another download of the person runs."""


class ExportRunning(TooManyRequests):
    """The person has another download under way."""

    def __init__(self) -> None:
        super().__init__(
            "Another download of yours is still running. Wait until it has ended, then try again.",
            retry_after=RETRY_AFTER,
        )


class ExportStream:
    """The chunks of a download. `close` lets the person start the next one.

    Raises ExportRunning if the person has another running download.
    """

    def __init__(self, user: User, chunks: Iterator[str]) -> None:
        self._export = begin_export(user)
        self._chunks = chunks
        self._renewed_at = time.monotonic()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        chunk = next(self._chunks)
        if time.monotonic() - self._renewed_at > RENEW_AFTER:
            self._renewed_at = time.monotonic()
            renew_export(self._export)
        return chunk

    def close(self) -> None:
        end_export(self._export)


def begin_export(user: User) -> Export:
    """Lease the person's one download. Raises ExportRunning."""
    export = Export(user=user, key=uuid.uuid4(), lease_until=Now() + LEASE)
    expired = Export.objects.filter(user=user, lease_until__lte=Now())
    if expired.update(key=export.key, lease_until=export.lease_until):
        return export
    Export.objects.bulk_create([export], ignore_conflicts=True)
    if not _own(export).exists():
        raise ExportRunning
    return export


def renew_export(export: Export) -> None:
    _own(export).update(lease_until=Now() + LEASE)


def end_export(export: Export) -> None:
    _own(export).delete()


def _own(export: Export) -> QuerySet[Export]:
    return Export.objects.filter(user_id=export.user_id, key=export.key)
