"""Companies, for operators, who alone set a company's quota."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from accounts import services
from accounts.admin.base import NoDelete, actor_of
from accounts.admin.changelists import changelist_link
from accounts.admin.site import site
from accounts.models import Company, Membership, Revision
from config import limits
from volumes.models import Environment
from volumes.presentation import formatting, markup


@admin.register(Company, site=site)
class CompanyAdmin(NoDelete):
    """Companies: operators create them, and set name and quota."""

    list_display = ["name", "quota", "taken", "environments", "members", "made"]
    search_fields = ["name"]
    search_help_text = (
        f"The whole name, or a part of it among the newest {limits.MAX_SEARCHED_ROWS:,}"
    )
    ordering = ["name"]
    sorts_anywhere = ["name", "quota", "taken", "made"]
    indexed_order = ["name", "made"]
    readonly_fields = ["taken", "environments", "members", "activity", "made"]

    def get_fields(self, request: HttpRequest, obj: Company | None = None) -> Any:
        """Return the inputs, and the facts of an existing company."""
        return ["name", "storage_quota", *(self.readonly_fields if obj else [])]

    def exact_name(self, name: str) -> Q:
        """Return the condition for a search by the whole name."""
        return Q(name=name)

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        """Save by the service, which records the change."""
        name, quota, actor = obj.name, obj.storage_quota, actor_of(request)
        if change:
            services.change_company(company=obj, name=name, storage_quota=quota, actor=actor)
        else:
            obj.pk = services.create_company(name=name, storage_quota=quota, actor=actor).pk

    @admin.display(ordering="storage_quota")
    def quota(self, row: Company) -> str:
        """Show the quota."""
        return markup.mb(row.storage_quota)

    @admin.display(description="Taken", ordering="storage_used")
    def taken(self, row: Company) -> str:
        """Show how much of the quota is taken."""
        if row.storage_quota is None:
            return formatting.size(row.storage_used)
        return formatting.share(row.storage_used, row.storage_quota)

    @admin.display(ordering="pk")  # which says when
    def made(self, row: Company) -> str:
        """Show when it was created."""
        return markup.ago(row.created_at)

    def environments(self, row: Company) -> str:
        """Link to the environments."""
        return changelist_link(Environment, "Environments", company=row.pk)

    def members(self, row: Company) -> str:
        """Link to the members."""
        return changelist_link(Membership, "Members", company=row.pk)

    def activity(self, row: Company) -> str:
        """Link to the history."""
        return changelist_link(Revision, "Everything that happened in it", company=row.pk)
