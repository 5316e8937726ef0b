"""Filters of operators' lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from volumes.models import VolumeStatus
from volumes.presentation.alerts import TROUBLES
from volumes.queries.search import as_case, is_mounted

UNSETTLED = {VolumeStatus.PENDING, VolumeStatus.RESIZING, VolumeStatus.ERROR}
"""Rows in these states are unsettled, except for snapshots that are deleted with their volume."""


class DeletedFilter(admin.SimpleListFilter):
    """Hides deleted rows, which are kept for the history, unless selected."""

    title = "deletion"
    parameter_name = "deleted"

    @property
    def is_indexed(self) -> bool:
        """Return whether rows are found soon. No index has the deleted rows; others are frequent."""
        return self.value() != "yes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the choices."""
        return [("no", "Not deleted"), ("yes", "Deleted"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """Yield the choices, without "All"."""
        for value, title in self.lookup_choices:
            yield {
                "selected": (self.value() or "no") == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Narrow the list to the choice."""
        if self.value() == "all":
            return queryset
        return queryset.filter(is_deleted=self.value() == "yes")


class Status(admin.ChoicesFieldListFilter):
    """Filters by status, with the index of unsettled rows if possible."""

    @property
    def is_indexed(self) -> bool:
        """Return whether an index serves this choice, so that the list need not be cut."""
        asked: Any = self.lookup_val  # a list, as addresses may repeat a name
        return bool(asked) and UNSETTLED.issuperset(asked)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list to the choice."""
        found: Any = super().queryset(request, queryset)
        return found.unsettled() if self.is_indexed else found


class Use(admin.SimpleListFilter):
    """Filter volumes by whether an application mounts them."""

    title = "use"
    parameter_name = "mounted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the choices."""
        return [("yes", "Mounted"), ("no", "Mounted by nobody")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list to the choice."""
        if self.value() not in ("yes", "no"):
            return None
        mounted = Q(as_case(is_mounted()))
        return queryset.filter(mounted if self.value() == "yes" else ~mounted)


class Trouble(admin.SimpleListFilter):
    """Filters by the same alerts as the console."""

    title = "trouble"
    parameter_name = "trouble"

    @property
    def is_indexed(self) -> bool:
        """Return whether the index of unsettled rows finds the rows."""
        return self.value() in ("missing", "unsettled", "error")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the choices."""
        return [
            ("missing", "Data is missing"),
            ("unsettled", "Not settled"),
            *((trouble.key, trouble.title) for trouble in TROUBLES),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list to the choice."""
        rows = queryset.unsettled() if self.is_indexed else queryset
        if self.value() == "missing":
            return rows.filter(missing_since__isnull=False)
        if self.value() == "unsettled":
            return rows
        return next(
            (rows.filter(one.condition) for one in TROUBLES if one.key == self.value()), None
        )
