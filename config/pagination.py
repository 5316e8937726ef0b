"""Pages of lists for people, and batches of rows for programs, in bounded time and memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, TypeVar

from django.core.paginator import Paginator
from django.db.models import F, Model, QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property

from config import limits
from config.searches import filter_value

Row = TypeVar("Row", bound=Model)


def capped_count(rows: QuerySet[Any]) -> int:
    """Return how many rows there are; MAX_COUNTED_ROWS + 1 stands for all that are more."""
    return rows.order_by()[: limits.MAX_COUNTED_ROWS + 1].count()


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages up to MAX_COUNTED_ROWS, and none beyond."""

    @cached_property
    def found(self) -> int:
        return capped_count(self.object_list)  # type: ignore[arg-type]

    @cached_property
    def count(self) -> int:
        return min(self.found, limits.MAX_COUNTED_ROWS)

    @property
    def is_truncated(self) -> bool:
        """Whether there are more."""
        return self.found > limits.MAX_COUNTED_ROWS


class LookaheadPaginator(Paginator):  # type: ignore[type-arg]
    """Detects a next page by reading one row more than a page has, instead of counting all rows."""

    def __init__(self, rows: QuerySet[Any], per_page: int, *, page: int) -> None:
        super().__init__(rows, per_page)
        self.rows = rows
        self.requested_page = page

    @cached_property
    def count(self) -> int:
        """The rows up to the end of the requested page, plus one if there are more."""
        return self.end - self.per_page + len(self._keys)

    @property
    def page_keys(self) -> list[Any]:
        """The primary keys of the rows of the requested page."""
        return self._keys[: self.per_page]

    @property
    def is_truncated(self) -> bool:
        """Whether there are rows after the requested page."""
        return self.count > self.end

    @property
    def end(self) -> int:
        """The number of rows up to the end of the requested page, if that page is full."""
        return self.requested_page * self.per_page

    @cached_property
    def _keys(self) -> list[Any]:
        keys = self.rows.values_list("pk", flat=True)
        return list(keys[self.end - self.per_page : self.end + 1])


class KeysetPage:
    """Rows in the order of a unique name, from the one that the URL says: every page costs the same."""

    def __init__(self, rows: QuerySet[Any], by: str, query: QueryDict, parameter: str) -> None:
        self.parameter = parameter
        start = filter_value(query.get(parameter, ""))
        named = rows.annotate(named=F(by))
        found = list(named.filter(named__gte=start).order_by("named")[: limits.PAGE_SIZE + 1])
        self.rows = found[: limits.PAGE_SIZE]
        self.next: str | None = (
            found[limits.PAGE_SIZE].named if len(found) > limits.PAGE_SIZE else None
        )
        """Where the next page begins, and the one before: None where there is none."""
        self.previous: str | None = None
        if start:
            earlier = named.filter(named__lt=start).order_by("-named")
            names = list(earlier.values_list("named", flat=True)[: limits.PAGE_SIZE])
            self.previous = names[-1] if names else None

    @property
    def is_whole(self) -> bool:
        return self.next is None and self.previous is None


def iterate_in_batches(
    rows: QuerySet[Any, Any], size: int, *, by: str = "pk"
) -> Iterator[list[Any]]:
    """Yield all rows in the order of `by`, a unique column, with "-" before it for the other direction.

    Each batch is a statement of its own: it sees the rows as they are when it is reached, and no cursor
    stays open meanwhile.
    """
    column = by.removeprefix("-")
    beyond = f"{column}__lt" if by.startswith("-") else f"{column}__gt"
    ordered = rows.order_by(by)
    batch = list(ordered[:size])
    while batch:
        yield batch
        batch = list(ordered.filter(**{beyond: getattr(batch[-1], column)})[:size])


def iterate_rows(rows: QuerySet[Row]) -> Iterator[Row]:
    """Yield all rows in the order of their keys, for work that may take long. Reads them in batches."""
    return chain.from_iterable(iterate_in_batches(rows, limits.RETENTION_BATCH_ROWS))
