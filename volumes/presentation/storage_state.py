"""The state of the storage for pages: the banner of an outage, and what members should know."""

from __future__ import annotations

from functools import lru_cache
from time import monotonic

from volumes.models import StorageState
from volumes.presentation import formatting

REFRESH_INTERVAL = 5.0
"""Seconds for which a process caches the row, so that pages need no query for it.

The row itself is refreshed every ten seconds, and its figures every minute.
"""
FULL = 90
"""Percent of the storage from which members are warned."""
MIB = 2**20


def storage_state() -> StorageState | None:
    """Return the state of the storage; None before the first look."""
    return state_of_interval(monotonic() // REFRESH_INTERVAL)


@lru_cache(maxsize=1)
def state_of_interval(_: float) -> StorageState | None:
    """Return the row, read once in an interval."""
    return StorageState.objects.first()


def storage_warnings() -> list[str]:
    """Return sentences for members about a storage that is almost full, or has lost its limits."""
    state = storage_state()
    if state is None or state.unavailable_since:  # the banner of the outage says enough
        return []
    warnings = []
    full = formatting.percent(state.used_bytes, state.total_bytes)
    if full >= FULL:
        left = formatting.size((state.free_bytes or 0) // MIB)
        warnings.append(f"{full}% full: {left} left. Delete what nobody needs, or ask an operator.")
    if state.enforcement_lost_since:
        warnings.append(
            "Sizes are no longer enforced: an application can write past the size of its volume."
        )
    return warnings
