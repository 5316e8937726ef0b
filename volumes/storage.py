"""The storage backend of this installation, chosen by the settings."""

from __future__ import annotations

import logging
from functools import lru_cache

from django.conf import settings
from django.db import transaction

from volumes.backends import Backend
from volumes.backends.registry import backend_class
from volumes.models import Installation, Volume

log = logging.getLogger("holdfast.storage")


def storage() -> Backend:
    """Return the backend. Its methods raise BackendError while the storage cannot be used."""
    try:
        return build_backend(installation_id())
    except Installation.DoesNotExist:
        # Before the first `serve`, `quickstart` or `bootstrap`: no marker can match.
        return build_backend("")


def source_of(volume: Volume) -> str | None:
    """Return what an application mounts; None until the volume was ready once.

    Container engines create a missing directory: with the path too early, they would put an empty one
    in the place of the data.
    """
    return None if volume.provisioned_size is None else storage().source(str(volume.pk))


@lru_cache(maxsize=1)
def installation_id() -> str:
    """Return the id of this installation, which never changes. Raises Installation.DoesNotExist."""
    return str(Installation.objects.get().id)


def ensure_installation() -> None:
    """Create this installation's id and mark its storage. Does nothing if the id exists."""
    with transaction.atomic():
        installation, is_new = Installation.objects.select_for_update().get_or_create(number=1)
        if not is_new:
            return
        backend = build_backend(str(installation.id))
        marker = backend.marker()
        if marker is None:
            backend.prepare(str(installation.id))
        elif backend.is_empty():
            # A start that died between marker and commit left this marker. There is no data yet.
            installation.id = marker
            installation.save(update_fields=["id"])
        else:
            cause = (
                f"The storage belongs to another installation ({marker}), and this database is new:"
                " restore the database that belongs to it. If that is lost, run `manage.py"
                " take_over_storage`. To begin elsewhere, set STORAGE_ROOT to another directory and run"
                " `manage.py init_storage`."
            )
            log.warning("storage_of_another_installation", extra={"cause": cause})


def init_storage() -> None:
    """Write this installation's marker to the storage. Raises StorageUnavailable."""
    ensure_installation()
    installation = installation_id()
    build_backend(installation).prepare(installation)


@lru_cache(maxsize=4)
def build_backend(installation: str) -> Backend:
    return backend_class(settings.STORAGE_BACKEND).from_settings(settings, installation)
