"""The state of the storage, for the banner of the console and of the admin."""

from __future__ import annotations

from django import template

from volumes.models import StorageState
from volumes.presentation.storage_state import storage_state

register = template.Library()


@register.simple_tag
def storage_outage() -> StorageState | None:
    """Return the state while the storage is unavailable, else None."""
    state = storage_state()
    return state if state and state.unavailable_since else None
