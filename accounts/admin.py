"""What operators see and change, through the same verbs as everybody."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import audit, services
from accounts.admin_site import site
from accounts.callers import Actor, client_ip
from accounts.errors import Refused
from accounts.models import Company, Membership, Revision, Role, Subject, Token, User


def actor_of(request: HttpRequest) -> Actor:
    assert isinstance(request.user, User)
    return Actor(by=request.user.ref, via="admin", ip=client_ip(request))


class Undeletable:
    """What the history speaks of stays."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(Undeletable):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SaysNo:
    """Shows a refusal of the services as a message, above the form that it refused."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_say_why(request, super().changeform_view, *args, **kwargs)  # type: ignore[misc]

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_say_why(request, super().delete_view, *args, **kwargs)  # type: ignore[misc]

    def _or_say_why(
        self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        try:
            response: HttpResponse = view(request, *args, **kwargs)
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect(request.get_full_path())
        return response


@admin.register(User, site=site)
class PersonAdmin(Undeletable, UserAdmin):  # type: ignore[type-arg]
    """People are switched off, not deleted: the history speaks of them."""

    list_display = ["username", "email", "is_active", "is_staff", "last_login"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fixed = ["last_login", "date_joined"]
        if not request.user.is_superuser:
            # Otherwise who may edit people could make themselves anything.
            fixed += ["is_staff", "is_superuser", "groups", "user_permissions"]
        return fixed

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    @transaction.atomic
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        before = self._password(id)
        response = super().user_change_password(request, id, form_url)
        if self._password(id) != before:
            person = User.objects.get(pk=id)
            audit.record_of_person(
                actor=actor_of(request),
                action="update",
                subject=Subject.PASSWORD,
                person=person,
            )
        return response

    @staticmethod
    def _password(pk: str) -> str | None:
        found = User.objects.filter(pk=pk) if pk.isdecimal() else User.objects.none()
        return found.values_list("password", flat=True).first()


@admin.register(Company, site=site)
class CompanyAdmin(SaysNo, Undeletable, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "storage_quota", "storage_used", "created_at"]
    search_fields = ["name"]
    fields = ["name", "storage_quota", "storage_used", "created_at"]
    readonly_fields = ["storage_used", "created_at"]

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        name, quota, actor = obj.name, obj.storage_quota, actor_of(request)
        if change:
            services.change_company(company=obj, name=name, storage_quota=quota, actor=actor)
        else:
            obj.pk = services.create_company(name=name, storage_quota=quota, actor=actor).pk


@admin.register(Membership, site=site)
class MembershipAdmin(SaysNo, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["user", "company", "role", "created_at"]
    list_filter = ["role", "company"]
    search_fields = ["user__username", "company__name"]
    autocomplete_fields = ["user", "company"]
    actions = None  # deleting many at once would pass by the rule of the last admin

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return ["user", "company"] if obj else []

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        role, actor = Role(obj.role), actor_of(request)
        if change:
            services.change_role(membership=obj, role=role, actor=actor)
        else:
            name = obj.user.username
            obj.pk = services.add_member(
                company=obj.company, username=name, role=role, actor=actor
            ).pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        services.remove_member(membership=obj, actor=actor_of(request))


@admin.register(Token, site=site)
class TokenAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "owner", "scope", "last_used_at", "expires_at", "revoked_at"]
    list_filter = ["scope"]
    search_fields = ["name", "owner__username"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke the chosen tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[Token]) -> None:
        for token in chosen.select_related("owner"):
            services.revoke_token(token=token, actor=actor_of(request))
        self.message_user(request, "The chosen tokens are revoked.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        assert isinstance(request.user, User)
        return request.user.has_perm("accounts.change_token")


@admin.register(Revision, site=site)
class RevisionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["at", "by", "via", "action", "subject", "subject_name", "company"]
    list_filter = ["subject", "action"]
    search_fields = ["subject_id", "subject_name", "by"]
    date_hierarchy = "at"
    list_select_related = ["company"]
