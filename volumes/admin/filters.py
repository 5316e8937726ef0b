"""What lists of operators are narrowed by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from volumes.filters import mounted
from volumes.pages.troubles import TROUBLES


class Standing(admin.SimpleListFilter):
    """Deleted rows are kept for the history; they are shown to who asks."""

    title = "deletion"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("no", "Not deleted"), ("yes", "Deleted"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        for value, title in self.lookup_choices:
            yield {
                "selected": (self.value() or "no") == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        if self.value() == "all":
            return queryset
        return queryset.filter(is_deleted=self.value() == "yes")


class Use(admin.SimpleListFilter):
    title = "use"
    parameter_name = "mounted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("yes", "Mounted"), ("no", "Mounted by nobody")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return mounted(queryset, self.value() == "yes") if self.value() else None


class Trouble(admin.SimpleListFilter):
    """The same as the console's: what needs a person."""

    title = "trouble"
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [
            ("missing", "Data is missing"),
            ("unsettled", "Not settled"),
            *((trouble.key, trouble.title) for trouble in TROUBLES),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "missing":
            return queryset.unsettled().filter(missing_since__isnull=False)  # no such row settles
        if self.value() == "unsettled":
            return queryset.unsettled()
        return next((queryset.filter(one.has) for one in TROUBLES if one.key == self.value()), None)
