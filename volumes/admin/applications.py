"""Applications, for operators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from accounts.admin.changelists import changelist_link, related_filter
from accounts.admin.site import site
from accounts.callers import Actor
from volumes.admin.actions import AdminAction
from volumes.admin.base import ServiceModelAdmin, SpecForm
from volumes.admin.columns import AuditColumns, environment_link
from volumes.admin.filters import DeletedFilter
from volumes.models import Application, Attachment, Environment
from volumes.services import applications as services
from volumes.specs.application import ApplicationSpec, parse_application
from volumes.specs.parsers import Body


class ApplicationForm(SpecForm):
    """The form of an application."""

    name = forms.CharField(required=False)

    def spec(self) -> ApplicationSpec:
        """Return what the form requests."""
        given = self.cleaned_data
        body: Body = {name: given[name] for name in ("name", "version") if name in given}
        return parse_application(body, new="version" not in given)


def _delete(application: Application, actor: Actor) -> None:
    services.delete_application(
        environment=application.environment, application_id=application.pk, actor=actor
    )


def _describe(application: Any) -> str:
    if not application.mounts:
        return "It mounts nothing."
    volumes = "volume" if application.mounts == 1 else "volumes"
    return f"It lets go of {application.mounts} {volumes}, whose data stays."


DELETE = AdminAction(
    name="delete",
    link_label="Delete",
    button_label="Delete {}",
    done="Deleted",
    permission="delete",
    do=_delete,
    describe=_describe,
    is_danger=True,
)


@admin.register(Application, site=site)
class ApplicationAdmin(AuditColumns, ServiceModelAdmin):
    """Applications: operators create, rename and delete them."""

    form = ApplicationForm
    row_actions = [DELETE]
    list_display = ["name", "where", "mounts", "changed"]
    list_filter = [DeletedFilter, related_filter("environment", Environment, "environment")]
    search_fields = ["name", "environment__name", "environment__company__name"]
    autocomplete_fields = ["environment"]
    sortable_by = ["name"]
    sortable_when_filtered = ["environment"]
    indexed_order = ["name"]
    readonly_fields = ["where", "mounts", "ident", "made", "last_change"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows with everything that the page shows of them."""
        return super().get_queryset(request).select_related("environment__company")

    def get_fieldsets(self, request: HttpRequest, obj: Application | None = None) -> Any:
        """Return the inputs, and below them the facts of an existing row."""
        if obj is None:
            return [(None, {"fields": ["environment", "name"]})]
        return [
            (None, {"fields": ["where", "name", "version"]}),
            ("As it is", {"fields": ["mounts", "ident", "made", "last_change"]}),
        ]

    def action_rows(self, rows: QuerySet[Any]) -> Any:
        """Return the rows that actions may change, with what their checks read."""
        return rows.filter(is_deleted=False).annotate(mounts=Count("attachments"))

    def create(self, form: Any, actor: Actor) -> Application:
        """Create the row by the service."""
        return services.create_application(
            environment=form.cleaned_data["environment"], spec=form.spec(), actor=actor
        )

    def update(self, row: Application, spec: ApplicationSpec, actor: Actor) -> Application:
        """Change the row by the service."""
        return services.update_application(
            environment=row.environment, application_id=row.pk, spec=spec, actor=actor
        )

    def full_name(self, row: Application) -> str:
        """Return the name with the names of everything that it belongs to."""
        return f"{row.environment.company} / {row.environment} / {row}"

    @admin.display(description="Environment")
    def where(self, row: Application) -> str:
        """Link to the environment."""
        return environment_link(row.environment)

    @admin.display(description="Mounts")
    def mounts(self, row: Application) -> str:
        """Link to the volumes that it mounts."""
        return changelist_link(Attachment, "Volumes", application=row.pk)
