"""What every command checks before it starts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from volumes.backends.privileges import why_not_given


def volume_owner_problem() -> str:
    """Why volumes cannot belong to VOLUME_UID and VOLUME_GID; empty if they can."""
    if settings.STORAGE_BACKEND != "directory":
        return ""
    return why_not_given(settings.VOLUME_UID, settings.VOLUME_GID)


def check_volume_owner(**_: Any) -> list[CheckMessage]:
    """A server that cannot give volumes to the configured owner must not start."""
    problem = volume_owner_problem()
    return [Error(problem, id="holdfast.E001")] if problem else []
