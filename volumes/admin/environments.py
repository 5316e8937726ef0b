"""Environments, for operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from accounts.admin.changelists import admin_link, changelist_link, related_filter
from accounts.admin.site import site
from accounts.callers import Actor
from accounts.models import Company, Revision, Token
from config import limits
from config.errors import Problem
from volumes.admin.actions import AdminAction
from volumes.admin.base import ServiceModelAdmin, SpecForm
from volumes.admin.columns import AuditColumns
from volumes.admin.filters import DeletedFilter
from volumes.models import Application, Environment, Volume
from volumes.presentation import formatting, markup
from volumes.rules.deletion import environment_delete_blockers
from volumes.services import environments as services
from volumes.specs.environment import EnvironmentSpec, parse_environment


class EnvironmentForm(SpecForm):
    """The form of an environment."""

    name = forms.CharField(required=False)
    storage_quota = forms.IntegerField(
        required=False, label="Quota", help_text="MB (MiB); empty for none"
    )

    field_of = {"resourceQuota": "storage_quota", "resourceQuota.storage": "storage_quota"}

    def spec(self) -> EnvironmentSpec:
        """Return what the form requests."""
        given = self.cleaned_data
        body = {"name": given["name"], "resourceQuota": {"storage": given["storage_quota"]}}
        version = {"version": given["version"]} if "version" in given else {}
        return parse_environment(body | version)


def _delete(environment: Environment, actor: Actor) -> None:
    services.delete_environment(environment=environment, actor=actor)


def _blockers(rows: Sequence[Environment]) -> dict[Any, list[Problem]]:
    return {row.pk: list(environment_delete_blockers(row)) for row in rows}


DELETE = AdminAction(
    name="delete",
    link_label="Delete",
    button_label="Delete {}",
    done="Deleted",
    permission="delete",
    do=_delete,
    describe=lambda row: "It is closed, and its applications are deleted with it.",
    blockers=_blockers,
    is_danger=True,
)


@admin.register(Environment, site=site)
class EnvironmentAdmin(AuditColumns, ServiceModelAdmin):
    """Environments: operators create, change and delete them."""

    form = EnvironmentForm
    row_actions = [DELETE]
    list_display = ["name", "company_link", "quota", "taken", "volumes", "changed"]
    list_filter = [DeletedFilter, related_filter("company", Company, "company")]
    list_select_related = ["company"]
    search_fields = ["name", "company__name"]
    search_help_text = (
        "The whole name of its company, or parts of names among the newest"
        f" {limits.MAX_SEARCHED_ROWS:,}"
    )
    autocomplete_fields = ["company"]
    sorts_anywhere = ["name", "quota", "taken"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows with everything that the page shows of them."""
        return super().get_queryset(request).select_related("company")

    def get_fieldsets(self, request: HttpRequest, obj: Environment | None = None) -> Any:
        """Return the inputs, and below them the facts of an existing row."""
        if obj is None:
            return [(None, {"fields": ["company", "name", "storage_quota"]})]
        shown = ["taken", "volumes", "applications", "tokens", "ident", "made", "last_change"]
        return [
            (None, {"fields": ["company_link", "name", "storage_quota", "version"]}),
            ("As it is", {"fields": [*shown, "activity"]}),
        ]

    readonly_fields = [
        "company_link",
        "taken",
        "volumes",
        "applications",
        "tokens",
        "activity",
        "ident",
        "made",
        "last_change",
    ]

    def create(self, form: Any, actor: Actor) -> Environment:
        """Create the row by the service."""
        company = form.cleaned_data["company"]
        return services.create_environment(company=company, spec=form.spec(), actor=actor)

    def update(self, row: Environment, spec: EnvironmentSpec, actor: Actor) -> Environment:
        """Change the row by the service."""
        return services.update_environment(environment=row, spec=spec, actor=actor)

    def exact_name(self, name: str) -> Q:
        """Return the condition for a search by the whole name of a company."""
        return Q(company__in=list(Company.objects.filter(name=name)))

    def full_name(self, row: Environment) -> str:
        """Return the name with the names of everything that it belongs to."""
        return f"{row.company} / {row}"

    @admin.display(description="Company", ordering="company__name")
    def company_link(self, row: Environment) -> str:
        """Link to the company."""
        return admin_link(row.company)

    @admin.display(ordering="storage_quota")
    def quota(self, row: Environment) -> str:
        """Show the quota."""
        return markup.mb(row.storage_quota)

    @admin.display(description="Taken", ordering="storage_used")
    def taken(self, row: Environment) -> str:
        """Show how much of the quota is taken."""
        if row.storage_quota is None:
            return formatting.size(row.storage_used)
        return formatting.share(row.storage_used, row.storage_quota)

    def volumes(self, row: Environment) -> str:
        """Link to the volumes."""
        return changelist_link(Volume, "Volumes", environment=row.pk)

    def applications(self, row: Environment) -> str:
        """Link to the applications."""
        return changelist_link(Application, "Applications", environment=row.pk)

    def tokens(self, row: Environment) -> str:
        """Link to the tokens."""
        return changelist_link(Token, "Tokens bound to it", environment=row.pk)

    def activity(self, row: Environment) -> str:
        """Link to the history."""
        return changelist_link(Revision, "Everything that happened in it", environment=row.pk)
