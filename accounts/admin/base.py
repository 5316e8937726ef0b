"""What the operators' pages have in common: who acts, how a refusal shows, lists that count nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.admin.changelists import (
    FOUND,
    MAX_SEARCHED_ROWS,
    IndexedChangeList,
    LookaheadPaginator,
    newest,
    page_number,
)
from accounts.callers import Actor
from accounts.errors import Refused, Throttled
from accounts.models import User
from config.client_addresses import client_ip

FieldErrors = list[tuple[str, str]]
"""What was said to a form: the field at fault ("" for none) and why."""


def operator_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    return Actor(by=operator_of(request).ref, via="admin", ip=client_ip(request))


class ServiceErrorForm(forms.ModelForm):  # type: ignore[type-arg]
    """Shows what the services said to it: at the field, or on top where the form has no such field."""

    service_errors: FieldErrors = []

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name, why in self.service_errors:
            field = self.fields.get(name)
            shown = field is not None and not field.widget.is_hidden
            if shown:
                self.add_error(name, why)
            else:
                self.add_error(None, f"{name}: {why}" if name else why)
        return cleaned


class OperatorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A page of the admin that asks the services, and says what they say."""

    form: Any = ServiceErrorForm
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sorts_anywhere: Sequence[str] = ()
    """The columns by which the whole list is sorted."""
    sortable_when_filtered: Sequence[str] = ()
    """The filters that leave few enough rows to be sorted by any of the others."""
    indexed_order: Sequence[str] = ()
    """The columns that an index has in order, where they are offered; others sort the newest rows."""
    search_help_text = f"A part of a name, among the newest {MAX_SEARCHED_ROWS:,}"
    refusals: tuple[type[Exception], ...] = (Refused, Throttled)

    def field_errors(self, refusal: Exception) -> FieldErrors:
        field = refusal.field if isinstance(refusal, Refused) else ""
        return [(field, str(refusal))]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view = super().changeform_view
        try:
            return view(request, object_id, form_url, extra_context)
        except self.refusals as refusal:
            # Once more, with the answer: what was typed is shown beside it, and nothing is saved.
            request.service_errors = self.field_errors(refusal)  # type: ignore[attr-defined]
            return view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.service_errors = getattr(request, "service_errors", [])
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """What was chosen stands there under its full name too."""
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        page: Any = self.admin_site._registry.get(db_field.remote_field.model)
        if field is not None and isinstance(page, OperatorAdmin):
            field.label_from_instance = page.full_name
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the buttons that change or delete other rows beside the form."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        inner = getattr(getattr(field, "widget", None), "widget", None)
        if isinstance(inner, AutocompleteSelect):
            field.widget = inner
        return field

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except self.refusals as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return IndexedChangeList

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """What would put a whole table in order is sorted where the list is narrowed to a part of it."""
        narrowed = any(name in request.GET for name in self.sortable_when_filtered)
        return super().get_sortable_by(request) if narrowed else self.sorts_anywhere

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Regular expressions of an address are not for the database to work through."""
        is_pattern = lookup.rpartition("__")[2] in {"regex", "iregex"}
        return not is_pattern and super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows of that very name, however old, where an index has it; else those with a part of it."""
        if not search_term.strip():
            return queryset, False
        if (named := self.named(search_term.strip())) and queryset.filter(named).exists():
            return queryset.filter(named), False
        found, _ = super().get_search_results(request, newest(queryset), search_term)
        # By their keys, for a planner that joins before it narrows would read the whole table.
        pks = found.order_by("-pk").values_list("pk", flat=True)[:FOUND]
        return queryset.filter(pk__in=list(pks)), False

    def named(self, name: str) -> Q | None:
        """The rows that a whole name stands for, by an index; None where none has it."""
        return None

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet[Any], per_page: int, *args: Any, **kw: Any
    ) -> Any:
        return LookaheadPaginator(queryset, per_page, page=page_number(request))

    def response_action(self, request: HttpRequest, queryset: Any, *args: Any) -> Any:
        if all(is_valid_pk(self.model, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            return super().response_action(request, queryset, *args)
        messages.error(request, "What was chosen is not there.")
        return None

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one history: everybody's."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        subject_id = self.subject_id(object_id)
        url = reverse("admin:accounts_revision_changelist")
        return redirect(f"{url}?subject_id={subject_id}")

    def subject_id(self, object_id: str) -> str:
        """How the history names the row of this address."""
        return object_id

    def full_name(self, row: Any) -> str:
        """Tells the row from all others, for who chooses one."""
        return str(row)


class NoDelete(OperatorAdmin):
    """What the history speaks of stays."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(NoDelete):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def is_valid_pk(model: type[models.Model], pk: str) -> bool:
    """Whether this can be an identifier of such rows at all."""
    try:
        model._meta.pk.to_python(pk)
    except ValidationError:
        return False
    return True
