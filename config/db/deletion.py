"""Deleting many rows without holding up others."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any

from django.db.models import QuerySet

from config import limits
from config.pacing import paced


def delete_in_batches(rows: QuerySet[Any, Any], stop: Event | None = None) -> int:
    """Delete these rows, and what hangs on them, in small transactions. Return the number of rows."""
    return sum(_delete(rows, pks) for pks in paced(_batches(rows), stop))


def _batches(rows: QuerySet[Any, Any]) -> Iterator[list[Any]]:
    pks = rows.order_by("pk").values_list("pk", flat=True)
    while batch := list(pks[: limits.RETENTION_BATCH_ROWS]):
        yield batch
        pks = pks.filter(pk__gt=batch[-1])


def _delete(rows: QuerySet[Any, Any], pks: list[Any]) -> int:
    """Delete them unless they have changed so that they no longer belong to the rows."""
    _, deleted = rows.filter(pk__in=pks).delete()
    return deleted.get(rows.model._meta.label, 0)
