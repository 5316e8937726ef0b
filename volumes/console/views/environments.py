"""Pages of an environment: volumes, applications, activity and settings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from accounts.auth.decorators import AuthenticatedHttpRequest, full_login_required
from accounts.models import Company, Membership, Role
from config import limits
from config.errors import Refused
from config.pagination import CappedPaginator, capped_count
from volumes.console.access import EnvironmentContext, caller_of, environment_view
from volumes.console.forms import service_errors
from volumes.console.forms.environment import (
    ConfirmNameForm,
    EnvironmentSettingsForm,
    NewEnvironmentForm,
)
from volumes.console.htmx import clean_query, with_short_address
from volumes.console.panels.activity_feed import ActivityFeed
from volumes.console.panels.attention import attention
from volumes.console.panels.environment_header import frame
from volumes.console.panels.volume_list import Listing
from volumes.console.scan_scope import scan_scope
from volumes.models import Application, Attachment
from volumes.services import environments as services

LINES = 8
NAMED = 5
MOUNTS_SHOWN = 3
QUOTA = {"resourceQuota.storage": "quota"}


@require_safe
@gzip_page
@environment_view()
def volumes(visit: EnvironmentContext) -> HttpResponse:
    context = frame(visit, "volumes")
    live = context["volume_count"]
    looked = scan_scope(visit.environment.volumes.live(), of=live)
    listing = Listing(visit.environment, clean_query(visit.request), live=live, looked=looked)
    context |= {
        "listing": listing,
        "page": listing.page,
        "attention": attention(
            [visit.environment], visit.caller, most=LINES, each=NAMED, looked=looked
        ),
    }
    answer = render(visit.request, "console/volumes.html", context)
    return with_short_address(visit.request, answer)


@require_safe
@gzip_page
@environment_view()
def applications(visit: EnvironmentContext) -> HttpResponse:
    """Show the applications with the volumes that they mount."""
    mounts = Attachment.objects.select_related("volume").order_by("volume__name")[:MOUNTS_SHOWN]
    found = visit.environment.applications.live().order_by("name")
    found = found.prefetch_related(Prefetch("attachments", mounts, "mounts"))
    page = CappedPaginator(found, limits.PAGE_SIZE).get_page(visit.request.GET.get("page"))
    page.object_list = _with_counts(list(page.object_list))
    context = frame(visit, "applications") | {"page": page}
    return render(visit.request, "console/applications.html", context)


def _with_counts(applications: list[Application]) -> list[Application]:
    """Set `mount_count` and `more_mounts` on each application.

    Of those that are shown alone: a join would count for all of them.
    """
    mounts = Attachment.objects.filter(application__in=applications).order_by()
    counts = dict(mounts.values_list("application").annotate(Count("pk")))
    for application in applications:
        count = counts.get(application.pk, 0)
        application.mount_count = count  # type: ignore[attr-defined]
        application.more_mounts = max(0, count - MOUNTS_SHOWN)  # type: ignore[attr-defined]
    return applications


@require_safe
@gzip_page
@environment_view()
def activity(visit: EnvironmentContext) -> HttpResponse:
    feed = ActivityFeed(visit.company, visit.request.GET, environment=visit.environment)
    context = frame(visit, "activity") | {"feed": feed, "company": visit.company}
    return render(visit.request, "console/environment_activity.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view()
def settings(visit: EnvironmentContext) -> HttpResponse:
    """Show the facts to all members. Only admins change name and quota."""
    form = EnvironmentSettingsForm.showing(visit.environment)
    if visit.request.method == "POST":
        if not visit.may_administer:
            raise PermissionDenied
        form = EnvironmentSettingsForm(visit.request.POST)
        if form.is_valid() and _update(visit, form):
            messages.success(
                visit.request, f"The settings of {form.cleaned_data['name']} are kept."
            )
            return redirect("environment_settings", visit.environment.pk)
    context = frame(visit, "settings") | {"form": form}
    return render(visit.request, "console/environment_settings.html", context)


def _update(visit: EnvironmentContext, form: EnvironmentSettingsForm) -> bool:
    try:
        services.update_environment(
            environment=visit.environment, spec=form.spec, actor=visit.actor
        )
    except Refused as refused:
        service_errors.show(form, refused, QUOTA)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@environment_view(Role.ADMIN)
def delete(visit: EnvironmentContext) -> HttpResponse:
    """Confirm by name and delete the environment, or show what blocks it."""
    environment = visit.environment
    form = ConfirmNameForm(visit.request.POST or None, name=environment.name)
    if visit.request.method == "POST" and form.is_valid():
        try:
            services.delete_environment(environment=environment, actor=visit.actor)
        except Refused as refused:
            service_errors.show(form, refused)
        else:
            messages.success(visit.request, f"{environment.name} is deleted.")
            return redirect("home")
    gone = environment.volumes.unsettled().filter(is_deleted=True, grace_until__isnull=False)
    context: dict[str, Any] = {
        "visit": visit,
        "environment": environment,
        "form": form,
        "volume_count": capped_count(environment.volumes.live()),
        "application_count": capped_count(environment.applications.live()),
        "restorable": gone.filter(removal_started=False).count(),
    }
    return render(visit.request, "console/delete_environment.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@full_login_required
def new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Create an environment, as an admin of its company."""
    companies = administered(request)
    offered = list(companies.order_by("name")[: limits.MAX_CHOICES + 1])
    if not offered:
        raise PermissionDenied
    # Only a selection has an initial choice. With too many companies, the name is typed.
    is_selection = 1 < len(offered) <= limits.MAX_CHOICES
    form = NewEnvironmentForm(
        request.POST or None,
        companies=companies,
        offered=offered,
        first=_first_company(request) if is_selection else None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_environment(
                company=form.company_chosen, spec=form.spec, actor=caller_of(request).actor
            )
        except Refused as refused:
            service_errors.show(form, refused, QUOTA)
        else:
            messages.success(request, f"{made.name} is ready for its first volume.")
            return redirect("environment", made.pk)
    context = {"form": form, "companies": offered}
    return render(request, "console/new_environment.html", context)


def _first_company(request: AuthenticatedHttpRequest) -> UUID | None:
    """Return the first company that the user joined as admin. Later promotions do not count."""
    accepted = Membership.objects.accepted_admins().filter(user=request.user)
    return accepted.order_by("pk").values_list("company", flat=True).first()


def administered(request: AuthenticatedHttpRequest) -> QuerySet[Company]:
    """Return the companies in which the user may create environments."""
    places = Membership.objects.admins().filter(user=request.user)
    return Company.objects.filter(pk__in=places.values("company"))
