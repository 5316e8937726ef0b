"""Long lists for operators: pages without COUNT, links across, filters that a link sets."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, OrderBy, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from config.searches import search_text

MAX_SEARCHED_ROWS = 5_000
"""So many of the newest rows a search for a part of a name looks at, and at all that they belong to."""

FOUND = 1_000
"""So many of them it shows."""

NARROWED = 20_000
"""So many of the newest rows are looked at for what no index has, and put in an order that none has."""

DEEPEST = 10_000
"""The last page that a list has: whoever looks further narrows it down."""


class IndexedChangeList(ChangeList):
    """Sorted by what its headers offer, whatever an address asks for.

    What an index finds is found among all rows. A filter without one would read a whole table in
    search of what few rows have or none, and so it looks at the newest ones: the page says it.
    """

    model_admin: Any
    looked_at: int | None = None
    """How many rows that were, where there are more."""

    def get_filters(self, request: HttpRequest) -> Any:
        found = super().get_filters(request)
        active = [spec for spec in found[0] if set(spec.expected_parameters()) & set(request.GET)]
        indexed = [spec for spec in found[0] if getattr(spec, "is_indexed", False)]
        if self._is_put_in_order() or any(spec not in indexed for spec in active):
            rows = self.root_queryset
            for spec in indexed:
                narrowed = spec.queryset(request, rows)
                rows = rows if narrowed is None else narrowed
            self.root_queryset = newest(rows, NARROWED)
            self.looked_at = None if self.root_queryset is rows else NARROWED
        return found

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Narrowed as the address says. Raises BadRequest for a search of too many words."""
        search_text(self.query)
        return super().get_queryset(request, exclude_parameters)

    def get_results(self, request: HttpRequest) -> None:
        """By the keys that were found when it was looked how many there are: a walk is walked once."""
        super().get_results(request)
        self.result_list = self.queryset.filter(pk__in=self.paginator.on_the_page)

    def get_ordering_field(self, field_name: Any) -> Any:
        offered = self.sortable_by or ()
        return super().get_ordering_field(field_name) if field_name in offered else None

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Equal ones in the direction of what they are equal in, as indexes have them."""
        *first, last = super().get_ordering(request, queryset)
        is_upward = last == "-pk" and bool(first) and not str(first[-1]).startswith("-")
        if first and self.looked_at:
            first = [_by_value(str(name)) for name in first]
        return [*first, "pk" if is_upward else last]

    def _is_put_in_order(self) -> bool:
        """Whether the rows are sorted by more than an index does."""
        if ORDER_VAR not in self.params:
            return False
        columns = dict(enumerate(self.list_display))
        names = [columns.get(place) for place in self.get_ordering_field_columns()]
        sorted_by = [name for name in names if name in (self.sortable_by or ())]
        return len(sorted_by) > 1 or any(
            name not in self.model_admin.indexed_order for name in sorted_by
        )


def _by_value(name: str) -> OrderBy:
    """The same order, which no index has: a planner would walk one in search of the newest rows."""
    field = name.removeprefix("-")
    return OrderBy(Coalesce(field, field), descending=name.startswith("-"))


class LookaheadPaginator(Paginator):  # type: ignore[type-arg]
    """Knows whether there is a next page by asking for one row more, never how many rows there are."""

    def __init__(self, rows: QuerySet[Any], per_page: int, *, page: int) -> None:
        super().__init__(rows, per_page)
        self.rows = rows
        self.asked = page

    @cached_property
    def count(self) -> int:
        """As many as there are up to the page that was asked for, and one if there are more."""
        return self.seen - self.per_page + len(self._ahead)

    @property
    def on_the_page(self) -> list[Any]:
        """The keys of the rows of the page that was asked for."""
        return self._ahead[: self.per_page]

    @property
    def is_truncated(self) -> bool:
        """Whether there are more than `seen`."""
        return self.count > self.seen

    @property
    def seen(self) -> int:
        return self.asked * self.per_page

    @cached_property
    def _ahead(self) -> list[Any]:
        keys = self.rows.values_list("pk", flat=True)
        return list(keys[self.seen - self.per_page : self.seen + 1])


def newest(rows: QuerySet[Any], most: int = MAX_SEARCHED_ROWS) -> QuerySet[Any]:
    """So many of these rows, or all of them."""
    last = rows.order_by("-pk").values_list("pk", flat=True)[most - 1 : most]
    return rows.filter(pk__gte=last[0]) if last else rows


def page_number(request: HttpRequest) -> int:
    """Lists say it by `p`, autocompletion by `page`."""
    given = request.GET.get("p") or request.GET.get("page") or "1"
    return min(max(int(given), 1), DEEPEST) if given.isdecimal() and len(given) < 9 else 1


def admin_link(row: Model | None, text: str = "") -> str:
    """The row as a link to its page."""
    if row is None:
        return "–"
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, text or str(row))


def changelist_link(model: type[Model], text: str, **narrowed: Any) -> SafeString:
    """A link to the list of such rows, narrowed."""
    meta = model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return format_html('<a href="{}?{}">{}</a>', url, urlencode(narrowed), text)


def may_view(page: admin.ModelAdmin[Any], request: HttpRequest, model: type[Model]) -> bool:
    """Whether the operator may see all rows of another model than that of `page`."""
    return page.admin_site.get_model_admin(model).has_view_permission(request)


class RelatedFilter(admin.SimpleListFilter):
    """Narrows to what belongs to one row, which a link names; offers only the way back.

    A choice of all companies or volumes would be as long as their table: search finds them.
    Whoever may not see that row does not learn its name.
    """

    model: type[Model]
    path: str
    """From the row of the list to that one."""
    is_indexed = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if self.value() is None:
            return []
        if not may_view(model_admin, request, self.model):
            return [(str(self.value()), str(self.value()))]
        row = self.model._default_manager.filter(pk=self._pk()).first()
        return [(str(self.value()), str(row) if row else "nothing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return queryset.filter(**{self.path: self._pk()}) if self.value() is not None else None

    def _pk(self) -> Any:
        try:
            return self.model._meta.pk.to_python(self.value())
        except ValidationError as error:
            raise IncorrectLookupParameters from error


def related_filter(name: str, model: type[Model], path: str) -> type[RelatedFilter]:
    """The filter whose parameter is `name`."""
    fields = {"title": name, "parameter_name": name, "model": model, "path": path}
    return type("Chosen", (RelatedFilter,), fields)
