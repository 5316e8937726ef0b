"""Volumes as they are read most: one by its identifier, and an environment's in creation order."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import F, UUIDField

from config.prepared import IsAmong, Parameter, Prepared, Several
from volumes.models import Attachment, Volume

FIRST = uuid.UUID(int=0)
"""Before every identifier."""


class VolumeRow(NamedTuple):
    """What an answer shows of a volume, column by column."""

    id: uuid.UUID
    name: str
    environment_id: uuid.UUID
    size: int
    mount_path: str
    is_deleted: bool
    created_by: str
    modified_by: str
    version: int
    description: str
    labels: dict[str, str]
    protected: bool
    status: str
    status_message: str
    provisioned_size: int | None
    used_size: int | None
    used_size_at: datetime | None
    created_at: datetime
    modified_at: datetime


Mounted = tuple[VolumeRow, list[uuid.UUID]]
"""A volume and the applications that mount it, in the order in which they were attached."""


def volume_in(
    environment: uuid.UUID, pk: uuid.UUID, *, deleted_too: bool = False
) -> Mounted | None:
    """One volume of an environment."""
    rows = (_ONE_EVEN_DELETED if deleted_too else _ONE).rows(environment=environment, pk=pk)
    if not rows:
        return None
    return VolumeRow(*rows[0][:-1]), [application for *_, application in rows if application]


def page_in(environment: uuid.UUID, after: uuid.UUID, limit: int) -> list[Mounted]:
    """The next `limit` live volumes of an environment, in creation order."""
    rows = [VolumeRow(*row) for row in _page(limit).rows(environment=environment, after=after)]
    mounts: dict[uuid.UUID, list[uuid.UUID]] = {row.id: [] for row in rows}
    if rows:
        for volume, application in _MOUNTS.rows(volumes=list(mounts)):
            mounts[volume].append(application)
    return [(row, mounts[row.id]) for row in rows]


def _one(*, live: bool) -> Any:
    volumes = Volume.objects.live() if live else Volume.objects.all()
    return (
        volumes.filter(
            environment=Parameter("environment", UUIDField()), pk=Parameter("pk", UUIDField())
        )
        .order_by("attachments__id")
        .values_list(*VolumeRow._fields, "attachments__application_id")
    )


_ONE = Prepared(lambda: _one(live=True))
_ONE_EVEN_DELETED = Prepared(lambda: _one(live=False))
_MOUNTS = Prepared(
    lambda: (
        Attachment.objects.filter(IsAmong(F("volume_id"), Parameter("volumes", Several())))
        .order_by("id")
        .values_list("volume_id", "application_id")
    )
)


@lru_cache(maxsize=32)
def _page(limit: int) -> Prepared:
    return Prepared(
        lambda: (
            Volume.objects.live()
            .filter(
                environment=Parameter("environment", UUIDField()),
                id__gt=Parameter("after", UUIDField()),
            )
            .order_by("id")
            .values_list(*VolumeRow._fields)[:limit]
        )
    )
