"""Base of forms that services check, and of lists that find rows by identifier."""

from __future__ import annotations

import uuid
from abc import abstractmethod
from collections.abc import Iterable
from copy import copy
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.admin.base import FieldErrors, ServiceErrorForm, actor_of
from accounts.callers import Actor
from config.errors import DomainError, NotFound, Problem, Refused
from volumes.admin.actions import GONE
from volumes.admin.confirmation import ConfirmedActionsMixin
from volumes.presentation import formatting
from volumes.presentation.results import Result
from volumes.specs.parsers import UUID, Spec

STALE = "Somebody changed it since this page was loaded. Load it again to see how it is now."


class SpecForm(ServiceErrorForm):
    """An operator's form. It checks nothing: the spec has the problems, and services report them."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    """The version that was shown: the second of two editors gets a conflict."""

    field_of: dict[str, str] = {}
    """Inputs whose names differ from the API, by the name in the API."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.fields.pop("version", None)

    @abstractmethod
    def spec(self) -> Spec:
        """What was typed, parsed."""

    def _post_clean(self) -> None:
        """Do nothing. Django would validate the row here and copy the input into it."""


class ServiceModelAdmin(ConfirmedActionsMixin):
    """Rows that only the services write."""

    form: Any = SpecForm
    ordering = ["-pk"]

    @abstractmethod
    def create(self, form: Any, actor: Actor) -> Model:
        """Create the row by its service. The form shows Refused."""

    @abstractmethod
    def update(self, row: Any, spec: Any, actor: Actor) -> Model:
        """Update the row by its service. The form shows Refused."""

    def result(self, saved: Any, before: Any) -> Result | None:
        """Return the result of saving a row; None keeps Django's message.

        `before` is the row as it was, None for a new one.
        """
        return None

    def message_user(
        self,
        request: HttpRequest,
        message: Any,
        level: int | str = messages.INFO,
        extra_tags: str = "",
        fail_silently: bool = False,
    ) -> None:
        """Show the result of the saved row instead of "was added successfully"."""
        result = getattr(request, "saving_result", None)
        if level == messages.SUCCESS and result is not None:
            result.tell(request)
        else:
            super().message_user(request, message, level, extra_tags, fail_silently)

    def warnings(self, form: Any, row: Any) -> Iterable[Problem]:
        """Return warnings about valid but unusual values. `row` is None for a new one."""
        return ()

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Save by the service, so that its problems become errors of the form."""
        actor, row = actor_of(request), form.instance if change else None
        # Compute warnings before saving, because they depend on the quota then; show them afterwards.
        remarks = [formatting.warning_sentence(warning) for warning in self.warnings(form, row)]
        before = copy(row)
        saved = self.update(row, form.spec(), actor) if change else self.create(form, actor)
        request.saving_result = self.result(saved, before)  # type: ignore[attr-defined]
        for remark in remarks:
            messages.warning(request, remark)
        return saved

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Do nothing: `save_form` has saved the row."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: `save_form` has saved related rows."""

    def field_errors(self, refusal: DomainError) -> FieldErrors:
        """Show the problems of a refusal at their fields."""
        if isinstance(refusal, NotFound):
            return [("", GONE)]
        if not isinstance(refusal, Refused):
            return super().field_errors(refusal)
        errors = [self._error_of(problem) for problem in refusal.problems]
        is_stale = any(problem.code == "stale_version" for problem in refusal.problems)
        return [*errors, ("", STALE)] if is_stale else errors

    def _error_of(self, problem: Problem) -> tuple[str, str]:
        """Return the input of a problem and its message; without input, the name in the API."""
        outer, _, inner = problem.field.partition(".")
        name = self.form.field_of.get(problem.field) or self.form.field_of.get(outer, outer)
        is_nested = inner and problem.field not in self.form.field_of
        return name, f"{inner}: {problem.message}" if is_nested else problem.message

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the row may be changed; a deleted row may not."""
        return not _is_deleted(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the row may be deleted; a deleted row may not."""
        return not _is_deleted(obj) and super().has_delete_permission(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search by identifier, with or without its prefix, or else by names."""
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            queryset = queryset.filter(is_deleted=False)
        bare = search_term.strip().removeprefix(getattr(self.model, "prefix", ""))
        if UUID.fullmatch(bare):
            return queryset.filter(pk=uuid.UUID(bare)), False
        return self.search(request, queryset, search_term)

    def search(
        self, request: HttpRequest, rows: QuerySet[Any], term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search the names in `search_fields`. Return whether rows may repeat."""
        return super().get_search_results(request, rows, term)


def _is_deleted(row: Any) -> bool:
    return bool(getattr(row, "is_deleted", False))
