"""The rules of volumes. `review()` decides for all interfaces, for new volumes and for changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from config.errors import Problem
from volumes.models import Application, Attachment, Environment, Snapshot, SnapshotStatus, Volume
from volumes.models.snapshot import SnapshotQuerySet
from volumes.queries.volume_rows import is_name_taken
from volumes.rules import quota, warnings
from volumes.specs.volume import VolumeSpec


@dataclass
class Review:
    """All problems and warnings of a spec, and the rows that it names."""

    spec: VolumeSpec
    applications: list[Application]
    snapshot: Snapshot | None
    problems: list[Problem]
    warnings: list[Problem]
    room: quota.QuotaHeadroom
    normalized: dict[str, Any]


def review(
    environment: Environment,
    spec: VolumeSpec,
    *,
    volume: Volume | None,
    snapshots: SnapshotQuerySet,
) -> Review:
    """Return the review of a create, or of an update of `volume`.

    `snapshots` are those that the caller may see. Under the environment's lock the result is final;
    without, it is what a request at this moment would get.
    """
    applications, missing = _find_applications(spec, environment)
    snapshot, unusable = _find_snapshot(spec, environment, snapshots)
    taken = list(_name_problems(spec, environment, volume))
    room, wrong_size = _check_size(spec, environment, volume, snapshot)
    path = spec.mount_path or (volume.mount_path if volume else None)
    mounts = _other_mounts(spec, volume, applications)
    problems = [*spec.problems, *missing, *unusable, *taken, *wrong_size]
    if spec.has_no_problem("mountPath"):
        problems += _mount_path_problems(volume, path, mounts)
    return Review(
        spec=spec,
        applications=applications,
        snapshot=snapshot,
        problems=problems,
        warnings=list(_warnings(spec, volume, room, path, mounts)),
        room=room,
        normalized={
            "name": spec.name or (volume.name if volume else None),
            "size": spec.size or (volume.size if volume else None),
            "mountPath": path,
        },
    )


def _find_applications(
    spec: VolumeSpec, environment: Environment
) -> tuple[list[Application], list[Problem]]:
    """Return the named applications, and a problem for each that is not of this environment."""
    if not spec.application_ids:
        return [], []
    found = environment.applications.live().in_bulk(spec.application_ids)
    missing = [
        Problem(
            "attachedAppsRefs",
            "not_found",
            f"names app-{pk}, which is no application of this environment",
        )
        for pk in spec.application_ids
        if pk not in found
    ]
    return list(found.values()), missing


def _find_snapshot(
    spec: VolumeSpec, environment: Environment, snapshots: SnapshotQuerySet
) -> tuple[Snapshot | None, list[Problem]]:
    """Return the snapshot to fill the volume from, and why it cannot. A foreign one counts as missing."""
    if not spec.snapshot_id:
        return None, []
    snapshot: Snapshot | None = (
        snapshots.filter(volume__environment__company=environment.company_id)
        .filter(pk=spec.snapshot_id)
        .first()
    )
    if snapshot is None:
        return None, [Problem("restoreFrom", "not_found", "names no snapshot of this company")]
    if snapshot.status != SnapshotStatus.READY:
        message = f"names a snapshot that is {snapshot.status}, not ready"
        return snapshot, [Problem("restoreFrom", "wrong_status", message)]
    return snapshot, []


def _name_problems(
    spec: VolumeSpec, environment: Environment, volume: Volume | None
) -> Iterable[Problem]:
    if spec.name is None or (volume and spec.name == volume.name):
        return
    if is_name_taken(environment.pk, spec.name):
        yield Problem("name", "name_taken", f"{spec.name} is taken in this environment")


def _check_size(
    spec: VolumeSpec, environment: Environment, volume: Volume | None, snapshot: Snapshot | None
) -> tuple[quota.QuotaHeadroom, list[Problem]]:
    """Return the quota's headroom with this size, and the problems of the size."""
    room = quota.QuotaHeadroom(environment)
    if spec.size is None:
        return room, []
    if volume and spec.size < volume.size:
        message = f"is {volume.size} MB already and can only grow"
        return room, [Problem("size", "size_decrease", message)]
    if snapshot and spec.size < snapshot.size:
        message = f"must be at least {snapshot.size} MB, as the snapshot is"
        return room, [Problem("size", "invalid", message)]
    room.extra = spec.size - (volume.size if volume else 0)
    return room, room.problems()


def _other_mounts(
    spec: VolumeSpec, volume: Volume | None, applications: list[Application]
) -> list[Attachment]:
    """Return the other attachments of the applications that will mount this volume."""
    if spec.application_ids is not None:
        mounting = [application.pk for application in applications]
    elif volume and spec.mount_path:
        mounting = list(volume.attachments.values_list("application_id", flat=True))
    else:
        mounting = []
    if not mounting:
        return []
    others = Attachment.objects.filter(application__in=mounting)
    if volume:
        others = others.exclude(volume=volume)
    return list(others.select_related("application"))


def _mount_path_problems(
    volume: Volume | None, path: str | None, mounts: Iterable[Attachment]
) -> Iterable[Problem]:
    """Yield a problem for each application that has another volume at this path."""
    if path is None:
        return
    # Attachments with a path of their own keep it when the volume's path changes.
    own_paths = (
        set(volume.attachments.filter(has_own_path=True).values_list("application_id", flat=True))
        if volume and mounts
        else set()
    )
    for mount in mounts:
        if mount.mount_path == path and mount.application_id not in own_paths:
            yield Problem(
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
