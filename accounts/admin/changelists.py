"""Long lists of the admin: pages without COUNT, links between lists, and filters set by links."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Model, OrderBy, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from config import limits
from config.searches import search_text


class IndexedChangeList(ChangeList):
    """A list that sorts only by the columns that its headers offer, whatever the query string says.

    Filters and orders with an index cover all rows. Others cover the newest rows only, because they
    would read the whole table; the page then says so.
    """

    model_admin: Any
    looked_at: int | None = None
    """The number of newest rows that the list covers. None if it covers all."""

    def get_filters(self, request: HttpRequest) -> Any:
        filters = super().get_filters(request)
        specs = filters[0]
        active = [spec for spec in specs if set(spec.expected_parameters()) & set(request.GET)]
        indexed = [spec for spec in specs if getattr(spec, "is_indexed", False)]
        if self._is_sorted_without_index() or any(spec not in indexed for spec in active):
            rows = self.root_queryset
            for spec in indexed:
                filtered = spec.queryset(request, rows)
                rows = rows if filtered is None else filtered
            self.root_queryset = newest(rows, limits.MAX_SCANNED_ROWS)
            self.looked_at = None if self.root_queryset is rows else limits.MAX_SCANNED_ROWS
        return filters

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Return the rows filtered as the query string says. Raises BadRequest for too many words."""
        search_text(self.query)
        return super().get_queryset(request, exclude_parameters)

    def get_results(self, request: HttpRequest) -> None:
        """Select the page by the keys that the paginator has read, so that rows are searched once."""
        super().get_results(request)
        self.result_list = self.queryset.filter(pk__in=self.paginator.page_keys)

    def get_ordering_field(self, field_name: Any) -> Any:
        sortable = self.sortable_by or ()
        return super().get_ordering_field(field_name) if field_name in sortable else None

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Break ties by the key, in the direction of the last column, as the indexes do."""
        *first, last = super().get_ordering(request, queryset)
        is_ascending = last == "-pk" and bool(first) and not str(first[-1]).startswith("-")
        if first and self.looked_at:
            first = [_order_without_index(str(name)) for name in first]
        return [*first, "pk" if is_ascending else last]

    def _is_sorted_without_index(self) -> bool:
        """Whether no index provides the requested order."""
        if ORDER_VAR not in self.params:
            return False
        columns = dict(enumerate(self.list_display))
        names = [columns.get(number) for number in self.get_ordering_field_columns()]
        sorted_by = [name for name in names if name in (self.sortable_by or ())]
        return len(sorted_by) > 1 or any(
            name not in self.model_admin.indexed_order for name in sorted_by
        )


def _order_without_index(name: str) -> OrderBy:
    """Return the same order as an expression without an index.

    With an index the planner would walk all of it in search of the newest rows.
    """
    field = name.removeprefix("-")
    return OrderBy(Coalesce(field, field), descending=name.startswith("-"))


def newest(rows: QuerySet[Any], maximum: int = limits.MAX_SEARCHED_ROWS) -> QuerySet[Any]:
    """Return the newest rows, at most `maximum`; the same queryset if it has no more."""
    last = rows.order_by("-pk").values_list("pk", flat=True)[maximum - 1 : maximum]
    return rows.filter(pk__gte=last[0]) if last else rows


def page_number(request: HttpRequest) -> int:
    """Return the page number of the query string: `p` in lists, `page` in autocompletion."""
    number = request.GET.get("p") or request.GET.get("page") or "1"
    return (
        min(max(int(number), 1), limits.MAX_PAGE) if number.isdecimal() and len(number) < 9 else 1
    )


def admin_link(row: Model | None, text: str = "") -> str:
    """The row as a link to its page."""
    if row is None:
        return "–"
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, text or str(row))


def changelist_link(model: type[Model], text: str, **filters: Any) -> SafeString:
    """Return a link to the list of the model, filtered."""
    meta = model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return format_html('<a href="{}?{}">{}</a>', url, urlencode(filters), text)


def may_view(page: admin.ModelAdmin[Any], request: HttpRequest, model: type[Model]) -> bool:
    """Whether the operator may see all rows of another model than that of `page`."""
    return page.admin_site.get_model_admin(model).has_view_permission(request)


class RelatedFilter(admin.SimpleListFilter):
    """Filters by one related row, which a link selects. Its only choice is to remove the filter.

    A choice of all companies or volumes would be as long as their table. The filter shows the row's
    name only to operators who may see it.
    """

    model: type[Model]
    path: str
    """The lookup from a row of the list to the related row."""
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
    """Return a RelatedFilter class whose query parameter is `name`."""
    fields = {"title": name, "parameter_name": name, "model": model, "path": path}
    return type("Chosen", (RelatedFilter,), fields)
