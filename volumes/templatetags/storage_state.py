"""The state of the storage, for the banner of the console and of the admin."""

from __future__ import annotations

from functools import lru_cache
from time import monotonic

from django import template

from volumes.models import StorageState

REFRESH_INTERVAL = 5.0
"""Seconds for which a process caches the row, so that pages need no query for the banner.

The row itself is refreshed every ten seconds.
"""

register = template.Library()


@register.simple_tag
def storage_outage() -> StorageState | None:
    """Return the state while the storage is unavailable, else None."""
    return outage_of_interval(monotonic() // REFRESH_INTERVAL)


@lru_cache(maxsize=1)
def outage_of_interval(_: float) -> StorageState | None:
    """Return the state of the row, read once in an interval."""
    return StorageState.objects.filter(unavailable_since__isnull=False).first()
