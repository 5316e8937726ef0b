"""Names of the objects that block the delete of volumes, for many volumes at once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection

from config.db.statements import PreparedQuery, any_of
from volumes.models import Attachment, Snapshot, Volume

Names = defaultdict[uuid.UUID, list[str]]


def mounting_applications(volumes: Collection[uuid.UUID]) -> Names:
    """Return the names of the applications that mount each volume."""
    return _names_by_volume(_MOUNTING, volumes)


def kept_snapshots(volumes: Collection[uuid.UUID]) -> Names:
    """Return the names of the snapshots of each volume."""
    return _names_by_volume(_KEPT, volumes)


def filling_volumes(volumes: Collection[uuid.UUID]) -> Names:
    """Return the names of the volumes that are being filled from a snapshot of each volume."""
    return _names_by_volume(_FILLS, volumes)


def _names_by_volume(query: PreparedQuery, volumes: Collection[uuid.UUID]) -> Names:
    names: Names = defaultdict(list)
    for pk, name in query.rows(pks=volumes):
        names[pk].append(name)
    return names


# Each row is a volume and the name of one blocker.
_MOUNTING = PreparedQuery(
    lambda: (
        Attachment.objects.filter(any_of("volume"))
        .order_by("id")
        .values_list("volume", "application__name")
    )
)
_KEPT = PreparedQuery(
    lambda: (
        Snapshot.objects.live()
        .filter(any_of("volume"))
        .order_by("id")
        .values_list("volume", "name")
    )
)
_FILLS = PreparedQuery(
    lambda: (
        Volume.objects.live()
        .filter(any_of("restore_from__volume"), provisioned_size__isnull=True)
        .order_by("id")
        .values_list("restore_from__volume", "name")
    )
)
