"""Pages that create, rename and delete applications."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import Role
from config.errors import Refused
from volumes.console.access import EnvironmentContext, environment_view
from volumes.console.forms import service_errors
from volumes.console.forms.environment import NameForm
from volumes.models import Application
from volumes.services import applications as services
from volumes.specs.application import parse_application

MOUNTS_NAMED = 20


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.EDITOR)
def new(visit: EnvironmentContext) -> HttpResponse:
    form = NameForm(visit.request.POST or None)
    if visit.request.method == "POST" and form.is_valid():
        spec = parse_application(form.cleaned_data, new=True)
        try:
            services.create_application(environment=visit.environment, spec=spec, actor=visit.actor)
        except Refused as refused:
            service_errors.show(form, refused)
        else:
            messages.success(visit.request, f"{spec.name} can mount volumes now.")
            return redirect("environment_applications", visit.environment.pk)
    context = {"visit": visit, "environment": visit.environment, "form": form}
    return render(visit.request, "console/new_application.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.EDITOR)
def rename(visit: EnvironmentContext, app_id: uuid.UUID) -> HttpResponse:
    application = _application(visit, app_id)
    form = NameForm(visit.request.POST or None, initial={"name": application.name})
    if visit.request.method == "POST" and form.is_valid():
        try:
            renamed = services.update_application(
                environment=visit.environment,
                application_id=app_id,
                spec=parse_application(form.cleaned_data, new=False),
                actor=visit.actor,
            )
        except Refused as refused:
            service_errors.show(form, refused)
        else:
            if renamed.version != application.version:
                messages.success(visit.request, f"{application.name} is called {renamed.name} now.")
            return redirect("environment_applications", visit.environment.pk)
    context = {
        "visit": visit,
        "environment": visit.environment,
        "application": application,
        "form": form,
    }
    return render(visit.request, "console/rename_application.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.EDITOR)
def delete(visit: EnvironmentContext, app_id: uuid.UUID) -> HttpResponse:
    """Confirm and delete an application. No data is lost, so no name must be typed."""
    application = _application(visit, app_id)
    if visit.request.method == "POST":
        services.delete_application(
            environment=visit.environment, application_id=app_id, actor=visit.actor
        )
        messages.success(visit.request, f"{application.name} is deleted. Its volumes stay.")
        return redirect("environment_applications", visit.environment.pk)
    mounts = application.attachments.select_related("volume").order_by("volume__name")
    context = {
        "visit": visit,
        "environment": visit.environment,
        "application": application,
        "mounts": mounts[:MOUNTS_NAMED],
        "mount_count": mounts.count(),
    }
    return render(visit.request, "console/delete_application.html", context)


def _application(visit: EnvironmentContext, app_id: uuid.UUID) -> Application:
    found: Application | None = visit.environment.applications.live().filter(pk=app_id).first()
    if found is None:
        raise Http404
    return found
