"""Forms whose last word the services have, and rows that are found by their identifier."""

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
    """What an operator types. Nothing is judged here: the spec has what is wrong, and services say it."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    """The one that was shown: of two who change it, one is told."""

    field_of: dict[str, str] = {}
    """The inputs whose fields have another name on the wire, by that name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.fields.pop("version", None)

    @abstractmethod
    def spec(self) -> Spec:
        """What was typed, parsed."""

    def _post_clean(self) -> None:
        """Django would judge the row here, by its own words, and write on it what was typed."""


class ServiceModelAdmin(ConfirmedActionsMixin):
    """Rows that only the services write."""

    form: Any = SpecForm
    ordering = ["-pk"]

    @abstractmethod
    def create(self, form: Any, actor: Actor) -> Model:
        """By its service; Refused goes back to the form."""

    @abstractmethod
    def update(self, row: Any, spec: Any, actor: Actor) -> Model:
        """By its service; Refused goes back to the form."""

    def result(self, saved: Any, before: Any) -> Result | None:
        """What is true of a row after it was saved; None leaves it to Django's words.

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
        """In place of "was added successfully" what is true of the saved row."""
        result = getattr(request, "saving_result", None)
        if level == messages.SUCCESS and result is not None:
            result.tell(request)
        else:
            super().message_user(request, message, level, extra_tags, fail_silently)

    def warnings(self, form: Any, row: Any) -> Iterable[Problem]:
        """What is allowed and yet probably not meant. `row` is None for a new one."""
        return ()

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        actor, row = actor_of(request), form.instance if change else None
        # Said after the saving, which they do not keep from happening; asked before it, as quotas are.
        remarks = [formatting.warning_sentence(warning) for warning in self.warnings(form, row)]
        before = copy(row)
        saved = self.update(row, form.spec(), actor) if change else self.create(form, actor)
        request.saving_result = self.result(saved, before)  # type: ignore[attr-defined]
        for remark in remarks:
            messages.warning(request, remark)
        return saved

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """It is written already."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """So is what belongs to it."""

    # The history has it, with what was before; a second record would only differ.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing."""

    def field_errors(self, refusal: DomainError) -> FieldErrors:
        if isinstance(refusal, NotFound):
            return [("", GONE)]
        if not isinstance(refusal, Refused):
            return super().field_errors(refusal)
        said = [self._complaint(problem) for problem in refusal.problems]
        is_stale = any(problem.code == "stale_version" for problem in refusal.problems)
        return [*said, ("", STALE)] if is_stale else said

    def _complaint(self, problem: Problem) -> tuple[str, str]:
        """At the input where it was typed; what has none is named as the API names it."""
        outer, _, inner = problem.field.partition(".")
        name = self.form.field_of.get(problem.field) or self.form.field_of.get(outer, outer)
        said = inner and problem.field not in self.form.field_of
        return name, f"{inner}: {problem.message}" if said else problem.message

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _is_deleted(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _is_deleted(obj) and super().has_delete_permission(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the identifier, with or without its prefix, else by the names."""
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            queryset = queryset.filter(is_deleted=False)
        bare = search_term.strip().removeprefix(getattr(self.model, "prefix", ""))
        if UUID.fullmatch(bare):
            return queryset.filter(pk=uuid.UUID(bare)), False
        return self.search(request, queryset, search_term)

    def search(
        self, request: HttpRequest, rows: QuerySet[Any], term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the names that `search_fields` lists, and whether a row may be found twice."""
        return super().get_search_results(request, rows, term)


def _is_deleted(row: Any) -> bool:
    return bool(getattr(row, "is_deleted", False))
