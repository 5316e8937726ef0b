"""Keep clean-up commands from removing under other settings than the server's."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings

from config.db.identity import database_identity
from config.timestamps import rfc3339
from volumes.models import ServerPolicy

NAMES = {
    "delete_grace": "VOLUME_DELETE_GRACE",
    "storage_backend": "STORAGE_BACKEND",
    "storage_root": "STORAGE_ROOT",
    "database": "database",
}


def record_policy() -> None:
    """Record the settings of this server. Of several servers, the last one counts."""
    ServerPolicy.objects.update_or_create(number=1, defaults=_own_policy())


def policy_conflict() -> str:
    """Return in which settings this process differs from the server, with the cure; "" if in none.

    Before the first server there is nothing to differ from.
    """
    recorded = ServerPolicy.objects.first()
    if recorded is None:
        return ""
    own = _own_policy()
    differing = [field for field in NAMES if getattr(recorded, field) != own[field]]
    if not differing:
        return ""
    ours = ", ".join(f"{NAMES[field]}={own[field]}" for field in differing)
    theirs = ", ".join(f"{NAMES[field]}={getattr(recorded, field)}" for field in differing)
    return (
        f"This command runs with {ours}, and the server, started {rfc3339(recorded.recorded_at)}, with"
        f" {theirs}. Nothing was removed. Let both read the same file of settings (HOLDFAST_CONFIG); to"
        " change the server's settings, restart it."
    )


def _own_policy() -> dict[str, Any]:
    return {
        "delete_grace": settings.VOLUME_DELETE_GRACE,
        "storage_backend": settings.STORAGE_BACKEND,
        "storage_root": os.path.realpath(settings.STORAGE_ROOT),
        "database": database_identity(),
    }
