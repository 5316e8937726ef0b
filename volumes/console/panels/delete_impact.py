"""What is lost when a volume is deleted, and who would miss it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import Revision, Subject
from volumes.models import Application, Snapshot, Volume


def undo_until() -> datetime | None:
    """Until when a delete of this moment can be undone; None where its data goes at once."""
    grace = timedelta(seconds=settings.VOLUME_DELETE_GRACE)
    return timezone.now() + grace if grace else None


@dataclass(frozen=True)
class DeleteImpact:
    """One volume's, as far as the rows know; the storage is not asked."""

    volume: Volume
    snapshots: list[Snapshot]
    users: list[str]
    """The applications that mount it, or else those that did last."""
    used_until: datetime | None
    """None while it is mounted, and where no application ever did."""
    undo_until: datetime | None

    @property
    def is_mounted(self) -> bool:
        return bool(self.users) and self.used_until is None


def loss(volume: Volume) -> DeleteImpact:
    users = list(volume.attachments.order_by("id").values_list("application__name", flat=True))
    last = None if users else _last_let_go(volume)
    return DeleteImpact(
        volume=volume,
        snapshots=list(volume.snapshots.live().order_by("id")),
        users=users or _names_in(last),
        used_until=last.at if last else None,
        undo_until=undo_until(),
    )


def _last_let_go(volume: Volume) -> Revision | None:
    """The change by which the last application went."""
    history = Revision.objects.about(Subject.VOLUME, volume.pk)
    return history.filter(changes__has_key="attachedAppsRefs").newest_first().first()


def _names_in(revision: Revision | None) -> list[str]:
    if revision is None:
        return []
    before, _ = revision.changes["attachedAppsRefs"]
    pks = [ref.removeprefix(Application.prefix) for ref in before or []]
    # Deleted ones have their rows, and names, still.
    return list(
        Application.objects.filter(pk__in=pks).order_by("id").values_list("name", flat=True)
    )
