"""What prevents deleting a row, or restoring it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from accounts.models import Company
from config.errors import Problem
from volumes.models import Environment, Snapshot, Volume, VolumeStatus
from volumes.models.volume import VolumeQuerySet
from volumes.queries import blockers
from volumes.rules.quota import storage_shortage

NAMED_IN_A_REFUSAL = 10


def delete_blockers(
    volumes: Collection[Volume], *, cascade: bool = False
) -> dict[uuid.UUID, list[Problem]]:
    """Return what prevents deleting each volume. `cascade` deletes snapshots with their volume.

    Makes three queries for any number of volumes. Under the environment's lock the result is final.
    """
    pks = [volume.pk for volume in volumes]
    mounting = blockers.mounting_applications(pks)
    kept = blockers.kept_snapshots(pks)
    fills = blockers.filling_volumes(pks)
    return {
        volume.pk: list(
            _reasons(
                volume,
                mounting=mounting[volume.pk],
                kept=[] if cascade else kept[volume.pk],
                fills=fills[volume.pk],
            )
        )
        for volume in volumes
    }


def restore_blockers(volume: Volume) -> Iterable[Problem]:
    """Yield what prevents undoing the delete."""
    if not volume.is_deleted:
        yield Problem("", "wrong_status", "It is not deleted.")
    elif volume.removal_started:
        yield Problem("", "wrong_status", "Its data is gone.")
    elif volume.environment.volumes.live().filter(name=volume.name).exists():
        yield Problem("name", "name_taken", f"{volume.name} was taken meanwhile")
    # Its size counts until its data is gone. The storage may have become smaller since.
    elif shortage := storage_shortage(volume.environment, volume.size, counted=volume.size):
        yield Problem("", "no_space", f"It needs {shortage}.")


def snapshot_delete_blockers(snapshot: Snapshot) -> Iterable[Problem]:
    """Yield a problem while volumes are being filled from the snapshot."""
    filling = snapshot.fills.filter(is_deleted=False, provisioned_size__isnull=True)
    if names := list(filling.order_by("id").values_list("name", flat=True)):
        yield Problem("", "in_use", f"It is being copied into {', '.join(names)}.")


def environment_delete_blockers(environment: Environment) -> Iterable[Problem]:
    """Yield a problem while the environment has volumes."""
    if names := _first_names(environment.volumes.live()):
        yield Problem("", "in_use", f"It has volumes: {names}.")


def company_removal_blockers(company: Company, *, with_volumes: bool) -> Iterable[Problem]:
    """Yield a problem for protected volumes and, unless they shall go along, for all with data."""
    volumes = Volume.objects.filter(environment__company=company)
    if not with_volumes and (names := _first_names(volumes.exclude(status=VolumeStatus.DELETED))):
        yield Problem(
            "", "in_use", f"{company} has volumes: {names}. To delete them too: --with-volumes."
        )
    if names := _first_names(volumes.filter(protected=True)):
        yield Problem(
            "", "protected", f"Protected volumes stay: {names}. Take the protection off first."
        )


def _first_names(volumes: VolumeQuerySet) -> str:
    """Return the first names in a sentence, and how many more there are; empty if there is none."""
    if not (count := volumes.count()):
        return ""
    names = list(volumes.order_by("id").values_list("name", flat=True)[:NAMED_IN_A_REFUSAL])
    return ", ".join(names) + (f" and {count - len(names)} more" if count > len(names) else "")


def _reasons(
    volume: Volume, *, mounting: list[str], kept: list[str], fills: list[str]
) -> Iterable[Problem]:
    if mounting:
        yield Problem("", "in_use", f"It is mounted by {', '.join(mounting)}. Detach it first.")
    if volume.protected:
        yield Problem("protected", "protected", "It is protected. Take the protection off first.")
    if kept:
        yield Problem(
            "",
            "has_snapshots",
            f"It has snapshots: {', '.join(kept)}. "
            "Delete them first, or together with it (cascade=true).",
        )
    for name in fills:
        yield Problem("", "in_use", f"The volume {name} is being filled from one of its snapshots.")
