"""The rules of taking a snapshot."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from config.errors import Problem
from volumes.models import Volume
from volumes.specs.snapshot import SnapshotSpec


def review(volume: Volume, spec: SnapshotSpec) -> list[Problem]:
    """Every problem with taking this snapshot of the volume."""
    present = volume.snapshots.live().count() if volume.has_data else 0
    return [*spec.problems, *snapshot_blockers(volume, present=present)]


def snapshot_blockers(volume: Volume, *, present: int) -> Iterable[Problem]:
    """Why there cannot be another one beside the `present` ones."""
    most = settings.VOLUME_MAX_SNAPSHOTS
    if not volume.has_data:
        message = f"{volume.why_no_data}, so there is nothing to take a snapshot of."
        yield Problem("", "wrong_status", message)
    elif present >= most:
        yield Problem("", "too_many_snapshots", f"A volume has at most {most} snapshots.")
