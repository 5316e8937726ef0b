"""What every command checks before it starts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from volumes.backends.registry import backend_class


def storage_settings_problem() -> str:
    """Return why the chosen backend cannot work with the settings; empty if it can."""
    return backend_class(settings.STORAGE_BACKEND).settings_problem(settings)


def check_storage_settings(**_: Any) -> list[CheckMessage]:
    """A server that cannot give volumes to the configured owner must not start."""
    problem = storage_settings_problem()
    return [Error(problem, id="holdfast.E001")] if problem else []
