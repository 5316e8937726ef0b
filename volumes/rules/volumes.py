"""The rules of a volume, for a new one and for a change: `review()` answers every door."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from config.errors import Problem
from volumes.models import Application, Attachment, Environment, Snapshot, SnapshotStatus, Volume
from volumes.models.snapshot import SnapshotQuerySet
from volumes.queries.volume_rows import is_name_taken
from volumes.rules import quota, warnings
from volumes.specs import parsers
from volumes.specs.parsers import Body, Reader

SET_BY_CALLER = {
    "name",
    "size",
    "resourceRequests",
    "mountPath",
    "description",
    "labels",
    "protected",
    "attachedAppsRefs",
}
COLUMNS = {
    "name": "name",
    "size": "size",
    "mountPath": "mount_path",
    "description": "description",
    "labels": "labels",
    "protected": "protected",
}
"""What a caller sets, by its name on the wire and its column."""
SET_BY_HOLDFAST = {
    "id",
    "envIdRef",
    "companyIdRef",
    "isDeleted",
    "createdBy",
    "modifiedBy",
    "version",
    "status",
    "statusMessage",
    "provisionedSize",
    "usedSize",
    "usedSizeAt",
    "createdAt",
    "modifiedAt",
}


@dataclass
class VolumeSpec:
    """What a body asks for, read clean. None is what it does not say or cannot be taken."""

    name: str | None = None
    size: int | None = None
    mount_path: str | None = None
    description: str | None = None
    labels: dict[str, str] | None = None
    protected: bool | None = None
    application_ids: list[uuid.UUID] | None = None
    snapshot_id: uuid.UUID | None = None
    applications: list[Application] = field(default_factory=list)
    snapshot: Snapshot | None = None


@dataclass
class Review:
    """What there is to say to a wish, all of it."""

    spec: VolumeSpec
    problems: list[Problem]
    warnings: list[Problem]
    room: quota.QuotaHeadroom
    normalized: dict[str, Any]


def review(
    environment: Environment, body: Body, *, volume: Volume | None, snapshots: SnapshotQuerySet
) -> Review:
    """What create would say to this body, or update where there is a volume.

    `snapshots` are those that the caller reaches. Called under the environment's lock it decides;
    called without, it tells what would be decided at this moment.
    """
    reader = Reader(body, known=_known(volume))
    spec = _read(reader, new=volume is None)
    _resolve(reader, spec, environment, volume, snapshots)
    _check_name(reader, spec, environment, volume)
    room = _check_size(reader, spec, environment, volume)
    path = spec.mount_path or (volume.mount_path if volume else None)
    mounts = _other_mounts(spec, volume)
    _check_mount_path(reader, spec, volume, path, mounts)
    return Review(
        spec=spec,
        problems=reader.problems,
        warnings=list(_warnings(spec, volume, room, path, mounts)),
        room=room,
        normalized={
            "name": spec.name or (volume.name if volume else None),
            "size": spec.size or (volume.size if volume else None),
            "mountPath": path,
        },
    )


def parse_new(body: Body) -> VolumeSpec | None:
    """What a body asks of a new volume, if it is sound in itself; else `review` says what is not.

    Nothing is looked up: name and room may be taken, and what it refers to may not exist.
    """
    reader = Reader(body, known=_known(None))
    spec = _read(reader, new=True)
    return None if reader.problems else spec


def _known(volume: Volume | None) -> set[str]:
    return SET_BY_CALLER | SET_BY_HOLDFAST | ({"restoreFrom"} if volume is None else set())


def _read(reader: Reader, *, new: bool) -> VolumeSpec:
    spec = VolumeSpec(
        name=reader.read("name", parsers.dns_label, required=new),
        size=_read_size(reader, required=new),
        mount_path=reader.read("mountPath", parsers.mount_path),
        description=reader.read("description", parsers.description),
        labels=parsers.read_labels(reader),
        protected=reader.read("protected", parsers.boolean),
        application_ids=reader.read(
            "attachedAppsRefs", parsers.list_of(parsers.identifier(Application.prefix))
        ),
    )
    if new:
        spec.snapshot_id = reader.read("restoreFrom", parsers.identifier(Snapshot.prefix))
        if spec.name and "mountPath" not in reader.body:
            spec.mount_path = f"/data/{spec.name}"
    return spec


def _read_size(reader: Reader, *, required: bool) -> int | None:
    """`size`, or `resourceRequests.storage`, which says the same in words; both must agree."""
    in_words = _read_size_in_words(reader)
    size = reader.read("size", parsers.integer)
    if required and not {"size", "resourceRequests"} & set(reader.body):
        reader.add_problem("size", "required", "is required")
    if size is not None and in_words is not None and size != in_words:
        reader.add_problem(
            "resourceRequests.storage", "size_mismatch", f"says {in_words} MB, but size says {size}"
        )
        return None
    wanted, name = (size, "size") if size is not None else (in_words, "resourceRequests.storage")
    if wanted is None:
        return None
    if wanted < 1:
        reader.add_problem(name, "invalid", "must be at least 1 MB")
        return None
    if wanted > settings.VOLUME_MAX_SIZE:
        reader.add_problem(name, "too_large", f"must be at most {settings.VOLUME_MAX_SIZE} MB")
        return None
    return wanted


def _read_size_in_words(reader: Reader) -> int | None:
    requests = reader.read("resourceRequests", parsers.mapping)
    if requests is None:
        return None
    inner = Reader(requests, known={"storage"})
    in_words = inner.read("storage", parsers.storage, required=True)
    for problem in inner.problems:
        reader.add_problem(f"resourceRequests.{problem.field}", problem.code, problem.message)
    return in_words


def _resolve(
    reader: Reader,
    spec: VolumeSpec,
    environment: Environment,
    volume: Volume | None,
    snapshots: SnapshotQuerySet,
) -> None:
    """Turns identifiers into rows. What is elsewhere is as missing as what does not exist."""
    if spec.application_ids:
        found = environment.applications.live().in_bulk(spec.application_ids)
        spec.applications = list(found.values())
        for missing in spec.application_ids:
            if missing not in found:
                reader.add_problem(
                    "attachedAppsRefs",
                    "not_found",
                    f"names app-{missing}, which is no application of this environment",
                )
    if spec.snapshot_id:
        spec.snapshot = (
            snapshots.filter(volume__environment__company=environment.company_id)
            .filter(pk=spec.snapshot_id)
            .first()
        )
        if spec.snapshot is None:
            reader.add_problem("restoreFrom", "not_found", "names no snapshot of this company")
        elif spec.snapshot.status != SnapshotStatus.READY:
            reader.add_problem(
                "restoreFrom",
                "wrong_status",
                f"names a snapshot that is {spec.snapshot.status}, not ready",
            )


def _check_name(
    reader: Reader, spec: VolumeSpec, environment: Environment, volume: Volume | None
) -> None:
    if spec.name is None or (volume and spec.name == volume.name):
        return
    if is_name_taken(environment.pk, spec.name):
        reader.add_problem("name", "name_taken", f"{spec.name} is taken in this environment")


def _check_size(
    reader: Reader, spec: VolumeSpec, environment: Environment, volume: Volume | None
) -> quota.QuotaHeadroom:
    room = quota.QuotaHeadroom(environment)
    if spec.size is None:
        return room
    if volume and spec.size < volume.size:
        reader.add_problem(
            "size", "size_decrease", f"is {volume.size} MB already and can only grow"
        )
    elif spec.snapshot and spec.size < spec.snapshot.size:
        reader.add_problem(
            "size", "invalid", f"must be at least {spec.snapshot.size} MB, as the snapshot is"
        )
    else:
        room.extra = spec.size - (volume.size if volume else 0)
        reader.problems += room.problems()
    return room


def _other_mounts(spec: VolumeSpec, volume: Volume | None) -> list[Attachment]:
    """What else is mounted by the applications that will mount this volume."""
    if spec.application_ids is not None:
        applications = [application.pk for application in spec.applications]
    elif volume and spec.mount_path:
        applications = list(volume.attachments.values_list("application_id", flat=True))
    else:
        applications = []
    if not applications:
        return []
    others = Attachment.objects.filter(application__in=applications)
    if volume:
        others = others.exclude(volume=volume)
    return list(others.select_related("application"))


def _check_mount_path(
    reader: Reader,
    spec: VolumeSpec,
    volume: Volume | None,
    path: str | None,
    mounts: Iterable[Attachment],
) -> None:
    """One application cannot have two volumes at the same path."""
    if path is None or not reader.has_no_problem("mountPath"):
        return
    # Those that stay keep a path of their own, whatever happens to the volume's.
    own_paths = (
        set(volume.attachments.filter(has_own_path=True).values_list("application_id", flat=True))
        if volume and mounts
        else set()
    )
    for mount in mounts:
        if mount.mount_path == path and mount.application_id not in own_paths:
            reader.add_problem(
                "mountPath", "mount_path_taken", f"{path} is taken in {mount.application.name}"
            )


def _warnings(
    spec: VolumeSpec,
    volume: Volume | None,
    room: quota.QuotaHeadroom,
    path: str | None,
    mounts: Iterable[Attachment],
) -> Iterable[Problem]:
    if spec.name and not (volume and volume.name == spec.name):
        yield from warnings.vague_name(spec.name)
    if spec.mount_path:
        yield from warnings.system_path(spec.mount_path)
    if room.extra > 0 and not room.problems():
        yield from warnings.quota_low(limit=room.limit, after=room.after)
    if path and (spec.mount_path or spec.application_ids is not None):
        yield from warnings.nested_path(path, sorted({mount.mount_path for mount in mounts}))
