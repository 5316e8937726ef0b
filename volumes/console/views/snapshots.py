"""Pages that take and delete snapshots."""

from __future__ import annotations

import uuid

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import Role
from config.errors import Refused
from volumes.console.access import EnvironmentContext, environment_view
from volumes.console.forms import service_errors
from volumes.console.panels.no_data import without_data
from volumes.presentation import formatting, results
from volumes.presentation.timeline import people
from volumes.services import snapshots as services
from volumes.services.snapshots import expected_consistency
from volumes.specs.snapshot import SnapshotSpec, parse_snapshot


class SnapshotForm(forms.Form):
    name = forms.CharField(
        label="Name (optional)",
        required=False,
        help_text="Such as before-upgrade. Left empty, it is called by its day and time.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    @property
    def consistency(self) -> str:
        """Return what the snapshot's consistency means."""
        return formatting.CONSISTENCY[expected_consistency()]

    @property
    def spec(self) -> SnapshotSpec:
        """What is asked for; without a name Holdfast finds one."""
        name = self.cleaned_data["name"]
        return parse_snapshot({"name": name} if name else {})


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.EDITOR)
def take(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    environment, volume = visit.environment, visit.volume(volume_id)
    if not volume.has_data:
        reason = "A snapshot can be taken once its data is there."
        return without_data(visit, volume, "Take a snapshot of", reason)
    form = SnapshotForm(visit.request.POST if visit.request.method == "POST" else None)
    if form.is_valid():
        try:
            snapshot, _ = services.take_snapshot(
                environment=environment, volume_id=volume_id, spec=form.spec, actor=visit.actor
            )
        except Refused as refused:
            service_errors.show(form, refused)
        else:
            results.snapshot_taken(snapshot).tell(visit.request)
            return redirect("volume_snapshots", environment.pk, volume.pk)
    context = {"visit": visit, "environment": environment, "volume": volume, "form": form}
    return render(visit.request, "console/take_snapshot.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.EDITOR)
def delete(visit: EnvironmentContext, volume_id: uuid.UUID, snapshot_id: uuid.UUID) -> HttpResponse:
    """Confirm and delete a snapshot, or show what blocks it."""
    environment, volume = visit.environment, visit.volume(volume_id)
    snapshot = volume.snapshots.live().filter(pk=snapshot_id).first()
    if snapshot is None:
        raise Http404
    form = forms.Form(visit.request.POST if visit.request.method == "POST" else None)
    if form.is_valid():
        try:
            services.delete_snapshot(
                environment=environment,
                volume_id=volume_id,
                snapshot_id=snapshot_id,
                actor=visit.actor,
            )
        except Refused as refused:
            service_errors.show(form, refused)
        else:
            results.snapshot_deleted(snapshot).tell(visit.request)
            return redirect("volume_snapshots", environment.pk, volume.pk)
    context = {
        "visit": visit,
        "environment": environment,
        "volume": volume,
        "snapshot": snapshot,
        "maker": people([snapshot.created_by])[snapshot.created_by],
        "form": form,
    }
    return render(visit.request, "console/delete_snapshot.html", context)
