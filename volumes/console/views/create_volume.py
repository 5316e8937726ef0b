"""The page that creates a volume, empty or from a snapshot."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import Role
from config.errors import Refused
from volumes.console.access import EnvironmentContext, environment_view
from volumes.console.forms import suggestions
from volumes.console.forms.sidebar import form_context
from volumes.console.forms.snapshot_choices import snapshot_choices
from volumes.console.forms.volume import NEW, VolumeForm
from volumes.models import Snapshot, Volume
from volumes.presentation import form_values, formatting, results
from volumes.services.creation import create_volume


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.EDITOR)
def new(visit: EnvironmentContext) -> HttpResponse:
    form = VolumeForm(visit, NEW)
    choices, source = snapshot_choices(visit, form.fields["restoreFrom"].value)
    if source and visit.request.method != "POST":
        _suggest(form, source)
    form.look()
    if form.is_sent and (volume := _made(form)):
        return redirect("volume", visit.environment.pk, volume.pk)
    context = form_context(form) | {"source": source, "sources": choices}
    return render(visit.request, "console/new_volume.html", context)


def _suggest(form: VolumeForm, source: Snapshot) -> None:
    """Fill in the defaults of a restored volume, unless the address has values."""
    name = suggestions.free_name(form.visit.environment, source.volume.name)
    for field, value in (("name", name), ("size", form_values.size_text(source.size))):
        form.fields[field].value = form.fields[field].value or value


def _made(form: VolumeForm) -> Volume | None:
    """Create and return the volume. Return None, with the problems in the form, if refused."""
    visit = form.visit
    try:
        volume, _ = create_volume(
            environment=visit.environment,
            spec=form.spec,
            snapshots=Snapshot.objects.visible_to(visit.caller),
            actor=visit.actor,
        )
    except Refused as refused:
        form.refuse(refused)
        return None
    results.created(volume).tell(visit.request)
    for warning in form.found.warnings:
        # Without script, the user has not seen the warnings before.
        messages.warning(visit.request, formatting.warning_sentence(warning))
    return volume
