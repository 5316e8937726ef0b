"""People and where they belong, for operators, through the same verbs as everybody.

The pages of companies, tokens and the history lead to volumes, so they stand in volumes/admin.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from accounts import audit, services
from accounts.admin_lists import SEARCHED, chosen, linked, listed
from accounts.admin_parts import OperatorAdmin, Undeletable, actor_of
from accounts.admin_record import kept_of, record_change
from accounts.admin_site import site
from accounts.models import Company, Membership, Role, Subject, Token, User
from accounts.templatetags.times import when


class Minority(admin.BooleanFieldListFilter):
    """An index has those who are staff, or switched off; of the others a list is full."""

    is_indexed = True


@admin.register(User, site=site)
class PersonAdmin(Undeletable, UserAdmin):  # type: ignore[type-arg]
    """People are switched off, not deleted: the history speaks of them."""

    form = UserChangeForm  # which alone keeps the password's hash off the page
    list_display = ["username", "email", "is_active", "is_staff", "last_login", "date_joined"]
    list_filter = [("is_active", Minority), ("is_staff", Minority)]
    search_fields = ["username", "email"]
    search_help_text = f"A whole user name, or a part of it among the newest {SEARCHED:,}"
    sorts_anywhere = in_order = ["username"]
    ordering = ["username"]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        return [*fieldsets, ("In Holdfast", {"fields": ["second_factor", "belongs", "tokens"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fixed = ["last_login", "date_joined", "second_factor", "belongs", "tokens"]
        if not request.user.is_superuser:
            # Otherwise who may edit people could make themselves anything.
            fixed += ["is_staff", "is_superuser", "groups", "user_permissions"]
        return fixed

    @admin.display(boolean=True)
    def second_factor(self, person: User) -> bool:
        return person.confirmed_device() is not None

    @admin.display(description="Companies")
    def belongs(self, person: User) -> str:
        return listed(Membership, "Memberships", user=person.pk)

    def tokens(self, person: User) -> str:
        return listed(Token, "Tokens", owner=person.pk)

    def subject_id(self, object_id: str) -> str:
        return f"user-{object_id}"

    def named(self, name: str) -> Q:
        return Q(username=name)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        form.was = kept_of(obj.pk) if change else {}
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Groups and permissions come last: then it is known what the whole form changed."""
        super().save_related(request, form, formsets, change)
        record_change(form.instance, form.was, actor_of(request))

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


@admin.register(Membership, site=site)
class MembershipAdmin(OperatorAdmin):
    list_display = ["user", "company_link", "role", "since"]
    list_filter = ["role", chosen("company", Company, "company"), chosen("user", User, "user")]
    list_select_related = ["user", "company"]
    search_fields = ["user__username", "company__name"]
    search_help_text = (
        f"Whole names of people and companies, or parts among the newest {SEARCHED:,}"
    )
    sorts_within = ["company", "user"]
    sortable_by = ["role", "since"]
    in_order = ["since"]
    autocomplete_fields = ["user", "company"]
    ordering = ["-pk"]
    actions = None  # deleting many at once would pass by the rule of the last admin

    def named(self, name: str) -> Q:
        people, companies = User.objects.filter(username=name), Company.objects.filter(name=name)
        return Q(user__in=list(people)) | Q(company__in=list(companies))

    @admin.display(description="Company")
    def company_link(self, membership: Membership) -> str:
        return linked(membership.company)

    @admin.display(ordering="pk")  # which says when
    def since(self, membership: Membership) -> str:
        return when(membership.created_at)

    def subject_id(self, object_id: str) -> str:
        found = Membership.objects.filter(pk=object_id) if object_id.isdecimal() else None
        membership = found.select_related("user").first() if found is not None else None
        return membership.user.ref if membership else object_id

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return ["user", "company"] if obj else []

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        role, actor = Role(obj.role), actor_of(request)
        if change:
            services.change_role(membership=obj, role=role, actor=actor)
        else:
            obj.pk = services.add_member(
                company=obj.company, person=obj.user, role=role, actor=actor
            ).pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        services.remove_member(membership=obj, actor=actor_of(request))
