"""Pages that attach and detach applications."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import Role
from config.errors import Refused
from volumes.console.access import EnvironmentContext, environment_view
from volumes.console.forms import service_errors
from volumes.models import Attachment, Volume
from volumes.presentation import formatting
from volumes.rules.attachments import attachment_warnings
from volumes.services import attachments as services
from volumes.specs.attachment import AttachmentSpec, parse_attachment


class AttachmentForm(forms.Form):
    """A form whose fields have the names of the API. The rules check them."""

    appIdRef = forms.CharField(label="Application", required=False, widget=forms.Select())
    mountPath = forms.CharField(
        label="Mount path",
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "class": "mono",
            }
        ),
    )
    readOnly = forms.BooleanField(label="Read-only", required=False)

    def __init__(self, *args: Any, volume: Volume, **options: Any) -> None:
        super().__init__(*args, **options)
        path = self.fields["mountPath"]
        path.widget.attrs["placeholder"] = volume.mount_path
        path.help_text = f"Left empty, it is the volume's own, {volume.mount_path}, and follows it."
        self.applications = list(_free_applications(volume))
        choices = [(one.ref, one.name) for one in self.applications]
        widget = self.fields["appIdRef"].widget
        assert isinstance(widget, forms.Select)
        widget.choices = [("", "Choose one"), *choices] if len(choices) > 1 else choices

    @property
    def spec(self) -> AttachmentSpec:
        """What is asked for: of what was left empty it says nothing."""
        given = self.cleaned_data
        body: dict[str, Any] = {"readOnly": given["readOnly"]}
        filled = {name: given[name] for name in ("appIdRef", "mountPath") if given[name]}
        return parse_attachment(body | filled)


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.EDITOR)
def attach(visit: EnvironmentContext, volume_id: uuid.UUID) -> HttpResponse:
    environment, volume = visit.environment, visit.volume(volume_id)
    sent = visit.request.POST if visit.request.method == "POST" else None
    form = AttachmentForm(sent, volume=volume, initial={"appIdRef": visit.request.GET.get("app")})
    if form.is_valid():
        try:
            made = services.attach(
                environment=environment, volume_id=volume_id, spec=form.spec, actor=visit.actor
            )
        except Refused as refused:
            service_errors.show(form, refused)
        else:
            text = f"{made.application} may mount {volume} at {made.mount_path} now."
            messages.success(visit.request, text)
            for warning in attachment_warnings(volume, made.application, made.mount_path):
                messages.warning(visit.request, formatting.warning_sentence(warning))
            return redirect("volume_applications", environment.pk, volume.pk)
    context = {"visit": visit, "environment": environment, "volume": volume, "form": form}
    return render(visit.request, "console/attach.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.EDITOR)
def detach(visit: EnvironmentContext, volume_id: uuid.UUID, app_id: uuid.UUID) -> HttpResponse:
    """Confirm and detach an application. No data is lost, so nothing must be typed."""
    environment, volume = visit.environment, visit.volume(volume_id)
    mounts = volume.attachments.select_related("application")
    mount = mounts.filter(application=app_id).first()
    if mount is None:
        raise Http404
    if visit.request.method == "POST":
        services.detach(
            environment=environment,
            volume_id=volume_id,
            application_id=app_id,
            actor=visit.actor,
        )
        messages.success(visit.request, f"{mount.application} is detached. The data stays.")
        return redirect("volume_applications", environment.pk, volume.pk)
    context = {"visit": visit, "environment": environment, "volume": volume, "mount": mount}
    return render(visit.request, "console/detach.html", context)


def _free_applications(volume: Volume) -> Any:
    """Return the environment's applications that do not mount the volume."""
    mounts = Attachment.objects.filter(volume=volume, application=OuterRef("pk"))
    return volume.environment.applications.live().filter(~Exists(mounts)).order_by("name")
