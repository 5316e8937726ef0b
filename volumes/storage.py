"""The storage backend that the settings choose, tied to this installation."""

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
    """The backend. Any of its methods raises BackendError while the storage cannot be used."""
    try:
        return build_backend(installation_id())
    except Installation.DoesNotExist:
        # Before the first `serve`, `quickstart` or `bootstrap`: no marker can match.
        return build_backend("")


def source_of(volume: Volume) -> str | None:
    """Return what an application mounts; None until the volume was ready once.

    Container engines create a directory that is missing: told the path too early, they would put an
    empty one in the place of the data.
    """
    return None if volume.provisioned_size is None else storage().source(str(volume.pk))


@lru_cache(maxsize=1)
def installation_id() -> str:
    """The id of this installation, which never changes once there is one."""
    return str(Installation.objects.get().id)


def ensure_installation() -> None:
    """Give this installation its id and its storage a marker: once, and never again by itself."""
    with transaction.atomic():
        made, is_new = Installation.objects.select_for_update().get_or_create(number=1)
        if not is_new:
            return
        backend = build_backend(str(made.id))
        marker = backend.marker()
        if marker is None:
            backend.prepare(str(made.id))
        elif backend.is_empty():
            # A start that died between marker and commit left it; there is nothing to confuse.
            made.id = marker
            made.save(update_fields=["id"])
        else:
            log.warning(
                "the storage belongs to another installation (%s), and this database is new:"
                " restore the database that belongs to it, or set STORAGE_ROOT to another directory"
                " and run `manage.py init_storage`",
                marker,
            )


def init_storage() -> None:
    """Put this installation's marker on the storage that the settings name."""
    ensure_installation()
    ident = installation_id()
    build_backend(ident).prepare(ident)


@lru_cache(maxsize=4)
def build_backend(installation: str) -> Backend:
    return backend_class(settings.STORAGE_BACKEND).from_settings(settings, installation)
