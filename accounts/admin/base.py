"""Base classes of the admin: the acting operator, service errors in forms, and lists without COUNT."""

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

from accounts.admin.changelists import IndexedChangeList, newest, page_number
from accounts.callers import Actor
from accounts.models import User
from config import limits
from config.client_addresses import client_ip
from config.errors import DomainError, Refused
from config.pagination import LookaheadPaginator

FieldErrors = list[tuple[str, str]]
"""Errors of a form: the field ("" for the whole form) and the message."""


def operator_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    return Actor(by=operator_of(request).ref, via="admin", ip=client_ip(request))


class ServiceErrorForm(forms.ModelForm):  # type: ignore[type-arg]
    """Shows the errors of services: at the field, or above the form if it has no such field."""

    service_errors: FieldErrors = []

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name, message in self.service_errors:
            field = self.fields.get(name)
            is_visible = field is not None and not field.widget.is_hidden
            if is_visible:
                self.add_error(name, message)
            else:
                self.add_error(None, f"{name}: {message}" if name else message)
        return cleaned


class OperatorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A model's admin pages, which call services and show their errors."""

    form: Any = ServiceErrorForm
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sorts_anywhere: Sequence[str] = ()
    """The columns by which the unfiltered list can be sorted."""
    sortable_when_filtered: Sequence[str] = ()
    """The filters that leave so few rows that every sortable column can be offered."""
    indexed_order: Sequence[str] = ()
    """The sortable columns that an index orders. Sorting by others covers the newest rows only."""
    search_help_text = f"A part of a name, among the newest {limits.MAX_SEARCHED_ROWS:,}"

    def field_errors(self, refusal: DomainError) -> FieldErrors:
        if isinstance(refusal, Refused):
            return [(problem.field, problem.message) for problem in refusal.problems]
        return [("", str(refusal))]

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
        except DomainError as refusal:
            # Run the view again with the errors: it shows them beside the input and saves nothing.
            request.service_errors = self.field_errors(refusal)  # type: ignore[attr-defined]
            return view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.service_errors = getattr(request, "service_errors", [])
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Label the selected row with its full name, as autocompletion does."""
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        page: Any = self.admin_site._registry.get(db_field.remote_field.model)
        if field is not None and isinstance(page, OperatorAdmin):
            field.label_from_instance = page.full_name
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field without the buttons that add, change or delete related rows."""
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
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())

    # The history has each change with the old values. Django's log would be a second record, which
    # nothing prunes.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Do nothing: the history has the change."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Do nothing: the history has the change."""

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Do nothing: the history has the change."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return IndexedChangeList

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Offer columns without an index only if a filter narrows the list: sorting reads every row."""
        is_filtered = any(name in request.GET for name in self.sortable_when_filtered)
        return super().get_sortable_by(request) if is_filtered else self.sorts_anywhere

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuse regular expressions from the query string: they can keep the database busy for long."""
        is_pattern = lookup.rpartition("__")[2] in {"regex", "iregex"}
        return not is_pattern and super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for exact names in all rows, else for parts of names in the newest rows."""
        if not search_term.strip():
            return queryset, False
        has_name = self.exact_name(search_term.strip())
        if has_name and queryset.filter(has_name).exists():
            return queryset.filter(has_name), False
        matches, _ = super().get_search_results(request, newest(queryset), search_term)
        # By primary key: PostgreSQL may join before it filters, and would read the whole table.
        pks = matches.order_by("-pk").values_list("pk", flat=True)[: limits.MAX_SEARCH_RESULTS]
        return queryset.filter(pk__in=list(pks)), False

    def exact_name(self, name: str) -> Q | None:
        """Return the condition for exactly this name. None if no index serves it."""
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
        """Redirect to the list of revisions, filtered by this row."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        subject_id = self.subject_id(object_id)
        url = reverse("admin:accounts_revision_changelist")
        return redirect(f"{url}?subject_id={subject_id}")

    def subject_id(self, object_id: str) -> str:
        """Return the id that revisions have for the row with this primary key."""
        return object_id

    def full_name(self, row: Any) -> str:
        """Return a name that distinguishes the row from all others, for autocompletion."""
        return str(row)


class NoDelete(OperatorAdmin):
    """Rows that cannot be deleted, because revisions refer to them."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(NoDelete):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def is_valid_pk(model: type[models.Model], pk: str) -> bool:
    """Whether the text can be parsed as a primary key of the model."""
    try:
        model._meta.pk.to_python(pk)
    except ValidationError:
        return False
    return True
