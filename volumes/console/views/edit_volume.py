"""Pages that edit, grow, protect and retry a volume."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Revision, Role, Subject
from config.errors import Refused
from volumes.console.access import EnvironmentContext, environment_view
from volumes.console.forms.sidebar import form_context
from volumes.console.forms.volume import EDIT, GROW, VolumeForm
from volumes.console.panels.no_data import without_data
from volumes.models import Volume
from volumes.presentation import formatting, results
from volumes.presentation.results import Progress, Result
from volumes.presentation.timeline import Entry, entries
from volumes.services.volumes import update_volume
from volumes.specs.volume import VolumeSpec

MOST_OF_THEIRS = 5


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.EDITOR)
def edit(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    volume = visit.volume(volume_id)
    prefetch_related_objects([volume], "attachments")
    form = VolumeForm(visit, EDIT, volume=volume)
    form.look()
    if form.is_sent and (changed := _changed(form, volume)):
        if changed.version > volume.version:
            results.updated(changed).tell(visit.request)
        else:
            messages.warning(visit.request, f"{changed.name} stays as it was.")
        return redirect("volume", visit.environment.pk, volume.pk)
    context = form_context(form) | {"theirs": _theirs(form, volume)}
    if form.is_sent:
        # The page shows the changes of others. A second submission confirms the edit.
        form.fields["version"].value = volume.version
    return render(visit.request, "console/edit_volume.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.EDITOR)
def grow(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    volume = visit.volume(volume_id)
    if not volume.has_data:
        return without_data(visit, volume, "Grow", "It can be grown once its data is there.")
    form = VolumeForm(visit, GROW, volume=volume)
    form.look()
    if form.is_sent and (changed := _changed(form, volume)):
        if changed.size > volume.size:
            results.grown(changed).tell(visit.request)
        else:
            text = f"{volume.name} stays at {formatting.size(changed.size)}."
            messages.warning(visit.request, text)
        return redirect("volume", visit.environment.pk, volume.pk)
    return render(visit.request, "console/grow_volume.html", form_context(form))


@require_POST
@environment_view(Role.EDITOR)
def protect(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    """Set the protection to the value of `protected`, so that a repeated request changes nothing."""
    wanted = visit.request.POST.get("protected") == "true"
    return _at_once(visit, volume_id, VolumeSpec(protected=wanted), _protected)


@require_POST
@environment_view(Role.EDITOR)
def retry(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    """Retry a volume in error by an update without changes."""
    return _at_once(visit, volume_id, VolumeSpec(), results.retried)


def _changed(form: VolumeForm, volume: Volume) -> Volume | None:
    """Update and return the volume. Return None, with the problems in the form, if refused."""
    visit = form.visit
    try:
        return update_volume(
            environment=visit.environment, volume_id=volume.pk, spec=form.spec, actor=visit.actor
        )
    except Refused as refused:
        form.refuse(refused)
        return None


def _theirs(form: VolumeForm, volume: Volume) -> list[Entry]:
    """Return the changes of other users since the page was opened, newest first."""
    seen = form.spec.version
    if not isinstance(seen, int) or seen >= volume.version:
        return []
    since = Revision.objects.about(Subject.VOLUME, volume.pk).filter(version__gt=seen)
    return entries(list(since.newest_first()[:MOST_OF_THEIRS]))


def _protected(volume: Volume) -> Result:
    state = "is protected from deletion" if volume.protected else "can be deleted"
    return Result(Progress.DONE, f"{volume.name} {state}.")


def _at_once(
    visit: EnvironmentContext,
    volume_id: uuid.UUID,
    spec: VolumeSpec,
    result_of: Callable[[Volume], Result],
) -> HttpResponse:
    try:
        volume = update_volume(
            environment=visit.environment, volume_id=volume_id, spec=spec, actor=visit.actor
        )
    except Refused as refused:
        messages.error(visit.request, str(refused))
    else:
        result_of(volume).tell(visit.request)
    return redirect("volume", visit.environment.pk, volume_id)
