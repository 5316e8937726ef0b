"""Pages of a volume: overview, snapshots, applications and history."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, prefetch_related_objects
from django.db.models.functions import Now
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Revision, Subject
from config import limits
from config.pagination import CappedPaginator
from volumes.console.access import EnvironmentContext, environment_view
from volumes.console.panels.chart import chart
from volumes.console.panels.mount_snippets import snippets
from volumes.console.panels.volume_header import volume_frame
from volumes.console.views.snapshots import SnapshotForm
from volumes.models import Attachment, Volume
from volumes.presentation import formatting
from volumes.presentation.timeline import entries, people
from volumes.queries import forecast
from volumes.rules.snapshots import snapshot_blockers
from volumes.storage import source_of

RECENT = 5
CLOSE = timedelta(days=30)


@require_safe
@environment_view()
def overview(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    """Show a volume, also a deleted one until it is purged."""
    volume = visit.volume(volume_id, deleted_too=True)
    prefetch_related_objects([volume], "attachments__application")
    context = volume_frame(visit, volume, "overview") | _fullness(volume)
    latest = list(_history(volume)[:RECENT])
    known = people([volume.created_by, *(revision.by for revision in latest)])
    context |= {
        "snippets": snippets(volume) if volume.has_data and not volume.is_deleted else [],
        "entries": entries(latest, known),
        "maker": known[volume.created_by],
    }
    return render(visit.request, "console/volume.html", context)


@require_safe
@environment_view()
def snapshots(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    volume = visit.volume(volume_id, deleted_too=True)
    if volume.is_deleted:
        return redirect("volume", visit.environment.pk, volume.pk)
    page = CappedPaginator(volume.snapshots.order_by("-id"), limits.PAGE_SIZE).get_page(
        visit.request.GET.get("page")
    )
    is_changing = any(formatting.snapshot_state(one).is_in_progress for one in page)
    context = volume_frame(visit, volume, "snapshots", is_changing=is_changing)
    present = context["counts"]["snapshots_kept"]
    makers = people(one.created_by for one in page)
    context |= {
        "page": page,
        "rows": [(one, makers[one.created_by]) for one in page],
        "form": SnapshotForm(),
        "reasons": list(snapshot_blockers(volume, present=present)),
    }
    return render(visit.request, "console/volume_snapshots.html", context)


@require_safe
@environment_view()
def applications(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    volume = visit.volume(volume_id, deleted_too=True)
    if volume.is_deleted:
        return redirect("volume", visit.environment.pk, volume.pk)
    mounts = Attachment.objects.filter(volume=volume).select_related("application")
    page = CappedPaginator(mounts.order_by("application__name"), limits.PAGE_SIZE).get_page(
        visit.request.GET.get("page")
    )
    context = volume_frame(visit, volume, "applications")
    context |= {"page": page, "source": source_of(volume) if volume.has_data else None}
    return render(visit.request, "console/volume_applications.html", context)


@require_safe
@environment_view()
def history(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    volume = visit.volume(volume_id, deleted_too=True)
    page = CappedPaginator(_history(volume), limits.PAGE_SIZE).get_page(
        visit.request.GET.get("page")
    )
    context = volume_frame(visit, volume, "history")
    context |= {"page": page, "entries": entries(list(page))}
    return render(visit.request, "console/volume_history.html", context)


def _history(volume: Volume) -> QuerySet[Revision]:
    return Revision.objects.about(Subject.VOLUME, volume.pk).newest_first()


def _fullness(volume: Volume) -> dict[str, Any]:
    """Return the present, past and projected usage."""
    samples = list(volume.samples.filter(at__gte=Now() - forecast.RECENT).order_by("at"))
    full_at = None if volume.is_deleted else forecast.projected_full_at(samples, volume.size)
    full = formatting.percent(volume.used_size, volume.size)
    return {
        "full": full,
        # By the projection, the volume may be full although there is still free space.
        "full_at": full_at if full < 100 else None,
        "is_close": full_at is not None and full_at < timezone.now() + CLOSE,
        "chart": chart(samples, volume.size, full_at),
        "measure_every": settings.MEASURE_EVERY,
    }
