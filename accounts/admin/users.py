"""The admin of users: superusers change accounts; other staff create them and reset passwords."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from accounts import audit, operators, services
from accounts.admin.base import NoDelete, actor_of, operator_of
from accounts.admin.changelists import changelist_link
from accounts.admin.site import site
from accounts.auth import throttling
from accounts.forms.operators import NewAccountForm
from accounts.models import Membership, Subject, Token, User
from accounts.user_changes import COLUMNS, record_change, snapshot_of
from config import limits


class SparseBooleanFilter(admin.BooleanFieldListFilter):
    """A filter whose rare value has a partial index. The common value needs none: every page has it."""

    is_indexed = True


@admin.register(User, site=site)
class AccountAdmin(NoDelete, UserAdmin):  # type: ignore[type-arg]
    """Users are deactivated, not deleted, because revisions refer to them.

    The form changes accounts and sets passwords, so only superusers may submit it.
    """

    form = UserChangeForm  # the stock form of a ModelAdmin would show the password's hash
    change_form_template = "admin/person.html"
    list_display = ["username", "email", "is_active", "is_staff", "last_login", "date_joined"]
    list_filter = [("is_active", SparseBooleanFilter), ("is_staff", SparseBooleanFilter)]
    search_fields = ["username", "email"]
    search_help_text = (
        f"A whole user name, or a part of it among the newest {limits.MAX_SEARCHED_ROWS:,}"
    )
    sorts_anywhere = indexed_order = ["username"]
    ordering = ["username"]
    readonly_fields = ["last_login", "date_joined", "second_factor", "belongs", "tokens"]

    def get_urls(self) -> list[URLPattern]:
        reset = self.admin_site.admin_view(self.reset_view)
        name = "accounts_user_reset"
        return [path("<path:object_id>/reset/", reset, name=name), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return operator_of(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let operators who may reset passwords find the accounts."""
        may_reset = operator_of(request).has_perm("accounts.change_user")
        return may_reset or super().has_view_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        is_superuser = operator_of(request).is_superuser
        if obj is None:
            only_name = [(None, {"fields": ["username"]})]
            return super().get_fieldsets(request, obj) if is_superuser else only_name
        (_, _), *others = super().get_fieldsets(request, obj)
        first = ["username", "password"] if is_superuser else ["username"]
        ours = ["second_factor", "belongs", "tokens"]
        return [(None, {"fields": first}), *others, ("In Holdfast", {"fields": ours})]

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None and not operator_of(request).is_superuser:
            kwargs["form"] = NewAccountForm
        return super().get_form(request, obj, change=change, **kwargs)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the form without Django's additional check for the permission to change users.

        That check prevents operators from granting rights, which our form cannot do. The form reveals
        whether a username is taken, so operators who may not see users are throttled, whatever the
        result. Raises Throttled.
        """
        if request.method == "POST" and not self.has_view_permission(request):
            actor = actor_of(request)
            throttling.lookup_throttle(actor.by, actor.ip).take()
        return self.changeform_view(request, None, form_url, extra_context)

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: User | None = None,
    ) -> HttpResponse:
        context["may_reset"] = obj and operators.may_reset_password(operator_of(request), obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(boolean=True)
    def second_factor(self, person: User) -> bool:
        return person.confirmed_device() is not None

    @admin.display(description="Companies")
    def belongs(self, person: User) -> str:
        return changelist_link(Membership, "Memberships", user=person.pk)

    def tokens(self, person: User) -> str:
        return changelist_link(Token, "Tokens", owner=person.pk)

    def subject_id(self, object_id: str) -> str:
        return f"user-{object_id}"

    def exact_name(self, name: str) -> Q:
        return Q(username=name)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        form.was = snapshot_of(obj.pk) if change else {}
        if not change:
            super().save_model(request, obj, form, change)
            return
        if "is_active" in form.changed_data:
            services.end_access(person=obj, actor=actor_of(request))
        # Never the whole row: that would undo a concurrent change of the password or the sessions.
        obj.save(update_fields=[name for name in form.changed_data if name in COLUMNS])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Record the changes once groups and permissions are saved, so that one entry has them all."""
        super().save_related(request, form, formsets, change)
        record_change(form.instance, form.was, actor_of(request))

    def response_add(self, request: HttpRequest, obj: User, *args: Any, **kwargs: Any) -> Any:
        password = getattr(obj, "first_password", None)
        if password is None:
            return super().response_add(request, obj, *args, **kwargs)
        return self._password_page(request, obj, password)

    def reset_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for confirmation; on POST, reset the password and show it once."""
        operator = operator_of(request)
        if not operator.has_perm("accounts.change_user"):
            raise PermissionDenied
        person = self.get_object(request, unquote(object_id))
        if person is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined, no-any-return]
                request, self.opts, object_id
            )
        if not operators.may_reset_password(operator, person):
            raise PermissionDenied
        if request.method != "POST":
            return self._password_page(request, person, None)
        password = services.reset_password(person=person, actor=actor_of(request))
        return self._password_page(request, person, password)

    @transaction.atomic
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        before = self._password(id)
        response = super().user_change_password(request, id, form_url)
        if self._password(id) != before:
            person = User.objects.get(pk=id)
            audit.record_for_user(
                actor=actor_of(request),
                action="update",
                subject=Subject.PASSWORD,
                person=person,
            )
        return response

    def _password_page(
        self, request: HttpRequest, person: User, password: str | None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Reset the password of {person}" if password is None else "New password",
            "person": person,
            "password": password,
            "has_factor": person.confirmed_device() is not None,
        }
        return TemplateResponse(request, "admin/reset_password.html", context)

    @staticmethod
    def _password(pk: str) -> str | None:
        users = User.objects.filter(pk=pk) if pk.isdecimal() else User.objects.none()
        return users.values_list("password", flat=True).first()
