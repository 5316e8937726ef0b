"""The impact of deleting a volume: lost data and affected applications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import Revision, Subject
from volumes.models import Application, Snapshot, Volume


def undo_until() -> datetime | None:
    """Return until when a delete can be undone if it happens now; None without a grace period."""
    grace = timedelta(seconds=settings.VOLUME_DELETE_GRACE)
    return timezone.now() + grace if grace else None


@dataclass(frozen=True)
class DeleteImpact:
    """The impact for one volume, from the rows only, without access to the storage."""

    volume: Volume
    snapshots: list[Snapshot]
    users: list[str]
    """The applications that mount it, or those that mounted it last."""
    used_until: datetime | None
    """None while the volume is mounted, and if it never was."""
    undo_until: datetime | None

    @property
    def is_mounted(self) -> bool:
        return bool(self.users) and self.used_until is None


def delete_impact(volume: Volume) -> DeleteImpact:
    """Return the impact of a delete, as the rows say at this moment."""
    users = list(volume.attachments.order_by("id").values_list("application__name", flat=True))
    last = None if users else _last_detachment(volume)
    return DeleteImpact(
        volume=volume,
        snapshots=list(volume.snapshots.live().order_by("id")),
        users=users or _names_in(last),
        used_until=last.at if last else None,
        undo_until=undo_until(),
    )


def _last_detachment(volume: Volume) -> Revision | None:
    """Return the revision that detached the last application."""
    history = Revision.objects.about(Subject.VOLUME, volume.pk)
    return history.filter(changes__has_key="attachedAppsRefs").newest_first().first()


def _names_in(revision: Revision | None) -> list[str]:
    if revision is None:
        return []
    before, _ = revision.changes["attachedAppsRefs"]
    pks = [ref.removeprefix(Application.prefix) for ref in before or []]
    # Deleted applications keep their rows and names.
    return list(
        Application.objects.filter(pk__in=pks).order_by("id").values_list("name", flat=True)
    )
