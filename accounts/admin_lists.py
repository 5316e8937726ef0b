"""Long lists for operators: pages without COUNT, links across, filters that a link sets."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

SEARCHED = 5_000
"""So many of the newest rows a search for a part of a name looks at, and at all that they belong to."""

FOUND = 1_000
"""So many of them it shows."""

DEEPEST = 10_000
"""The last page that a list has: whoever looks further narrows it down."""


class OrderedList(ChangeList):
    """Sorted by what its headers offer, whatever an address asks for."""

    def get_ordering_field(self, field_name: Any) -> Any:
        offered = self.sortable_by or ()
        return super().get_ordering_field(field_name) if field_name in offered else None


class Lookahead(Paginator):  # type: ignore[type-arg]
    """Knows whether there is a next page by asking for one row more, never how many rows there are."""

    def __init__(self, rows: QuerySet[Any], per_page: int, *, page: int) -> None:
        super().__init__(rows, per_page)
        self.rows = rows
        self.asked = page

    @cached_property
    def count(self) -> int:
        """As many as there are up to the page that was asked for, and one if there are more."""
        start = (self.asked - 1) * self.per_page
        return start + len(self.rows.values_list("pk")[start : start + self.per_page + 1])

    @property
    def is_open(self) -> bool:
        """Whether there are more than `seen`."""
        return self.count > self.seen

    @property
    def seen(self) -> int:
        return self.asked * self.per_page


def newest(rows: QuerySet[Any], most: int = SEARCHED) -> QuerySet[Any]:
    """So many of these rows, or all of them."""
    last = rows.order_by("-pk").values_list("pk", flat=True)[most - 1 : most]
    return rows.filter(pk__gte=last[0]) if last else rows


def page_number(request: HttpRequest) -> int:
    """Lists say it by `p`, autocompletion by `page`."""
    given = request.GET.get("p") or request.GET.get("page") or "1"
    return min(max(int(given), 1), DEEPEST) if given.isdecimal() and len(given) < 9 else 1


def linked(row: Model | None, text: str = "") -> str:
    """The row as a link to its page."""
    if row is None:
        return "–"
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, text or str(row))


def listed(model: type[Model], text: str, **narrowed: Any) -> SafeString:
    """A link to the list of such rows, narrowed."""
    meta = model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return format_html('<a href="{}?{}">{}</a>', url, urlencode(narrowed), text)


class Chosen(admin.SimpleListFilter):
    """Narrows to what belongs to one row, which a link names; offers only the way back.

    A choice of all companies or volumes would be as long as their table: search finds them.
    """

    model: type[Model]
    path: str
    """From the row of the list to that one."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if self.value() is None:
            return []
        row = self.model._default_manager.filter(pk=self._pk()).first()
        return [(str(self.value()), str(row) if row else "nothing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return queryset.filter(**{self.path: self._pk()}) if self.value() is not None else None

    def _pk(self) -> Any:
        try:
            return self.model._meta.pk.to_python(self.value())
        except ValidationError as error:
            raise IncorrectLookupParameters from error


def chosen(name: str, model: type[Model], path: str) -> type[Chosen]:
    """The filter whose parameter is `name`."""
    fields = {"title": name, "parameter_name": name, "model": model, "path": path}
    return type("Chosen", (Chosen,), fields)
