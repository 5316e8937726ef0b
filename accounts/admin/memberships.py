"""The admin of memberships, which calls the same services as the pages.

The admin of companies, tokens and revisions links to volumes, so it is in volumes/admin.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from accounts import operators, services
from accounts.admin.base import OperatorAdmin, actor_of, operator_of
from accounts.admin.changelists import admin_link, may_view, related_filter
from accounts.admin.site import site
from accounts.models import Company, Membership, Role, User
from accounts.templatetags.times import when
from config import limits
from config.errors import Refused


@admin.register(Membership, site=site)
class MembershipAdmin(OperatorAdmin):
    list_display = ["user", "company_link", "role", "since"]
    list_filter = [
        "role",
        related_filter("company", Company, "company"),
        related_filter("user", User, "user"),
    ]
    list_select_related = ["user", "company"]
    search_fields = ["user__username", "company__name"]
    search_help_text = (
        "Whole names of people and companies, or parts among the newest"
        f" {limits.MAX_SEARCHED_ROWS:,}"
    )
    sortable_when_filtered = ["company", "user"]
    sortable_by = ["role", "since"]
    indexed_order = ["since"]
    autocomplete_fields = ["user", "company"]
    ordering = ["-pk"]
    actions = None  # bulk deletion would bypass the check for the last admin

    def exact_name(self, name: str) -> Q:
        people, companies = User.objects.filter(username=name), Company.objects.filter(name=name)
        return Q(user__in=list(people)) | Q(company__in=list(companies))

    @admin.display(description="Company")
    def company_link(self, membership: Membership) -> str:
        return admin_link(membership.company)

    @admin.display(ordering="pk")  # keys grow with time, and have an index
    def since(self, membership: Membership) -> str:
        return when(membership.created_at)

    def subject_id(self, object_id: str) -> str:
        rows = Membership.objects.filter(pk=object_id) if object_id.isdecimal() else None
        membership = rows.select_related("user").first() if rows is not None else None
        return membership.user.ref if membership else object_id

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return ["user", "company"] if obj else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Require the right to see users too: the form lets the operator choose among all of them."""
        return super().has_add_permission(request) and may_view(self, request, User)

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_reachable(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_reachable(request, obj)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        role, actor = Role(obj.role), actor_of(request)
        if problem := operators.membership_problem(
            operator_of(request), person=obj.user, company=obj.company, role=role
        ):
            raise Refused([problem])
        if change:
            services.change_role(membership=obj, role=role, actor=actor)
        else:
            obj.pk = services.add_member(
                company=obj.company, person=obj.user, role=role, actor=actor
            ).pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        services.remove_member(membership=obj, actor=actor_of(request))


def _is_reachable(request: HttpRequest, membership: Membership | None) -> bool:
    return membership is None or operators.may_change_membership(operator_of(request), membership)
