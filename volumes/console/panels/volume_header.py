"""The header of every page of a volume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Revision, Subject
from volumes.console.access import EnvironmentContext
from volumes.models import Volume, VolumeStatus
from volumes.presentation import formatting

SOON, LATER = 3, 10
"""Seconds between refreshes of a page: while a change is in progress, and while an error is retried."""


def volume_frame(
    visit: EnvironmentContext, volume: Volume, tab: str, *, is_changing: bool = False
) -> dict[str, Any]:
    """Return the context of the name, status, error, and tabs with their counts.

    `is_changing` means that another part of the page will change soon.
    """
    state = formatting.state(volume)
    is_in_error = volume.status == VolumeStatus.ERROR
    return {
        "visit": visit,
        "environment": visit.environment,
        "volume": volume,
        "state": state,
        "is_in_error": is_in_error,
        "may_come_back": volume.is_deleted and not volume.removal_started,
        "look_again": SOON if state.is_in_progress or is_changing else LATER if is_in_error else 0,
        "counts": _counts(volume),
        "tab": tab,
    }


def _counts(volume: Volume) -> Mapping[str, Any]:
    """Return the counts of the tabs, in one query."""
    entries = Revision.objects.about(Subject.VOLUME, volume.pk)
    changes = entries.values("subject").annotate(count=Count("pk"))
    found = (
        Volume.objects.filter(pk=volume.pk)
        .annotate(
            snapshots_kept=Count("snapshots", filter=Q(snapshots__is_deleted=False), distinct=True),
            mounts=Count("attachments", distinct=True),
            changes=Coalesce(Subquery(changes.values("count")), 0),
        )
        .values("snapshots_kept", "mounts", "changes")
        .get()
    )
    return found
