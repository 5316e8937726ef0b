"""What the commands that begin an installation have in common."""

from __future__ import annotations

from django.core.management.base import CommandError

from volumes.backends import StorageUnavailable
from volumes.storage import ensure_installation


def begin_installation() -> None:
    """Create the installation's id and mark its storage, unless that is done.

    Raises CommandError with the cure if the storage cannot be marked.
    """
    try:
        ensure_installation()
    except StorageUnavailable as error:
        raise CommandError(error.detail) from None
