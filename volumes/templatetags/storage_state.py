"""The state of the storage, for the banner of the console and of the admin."""

from __future__ import annotations

from django import template

from volumes.models import StorageState

register = template.Library()


@register.simple_tag
def storage_outage() -> StorageState | None:
    """Return the state while the storage is unavailable, else None: one query of one row."""
    return StorageState.objects.filter(unavailable_since__isnull=False).first()
