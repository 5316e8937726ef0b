"""Reading any number of rows in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db.models import QuerySet

Item = TypeVar("Item")

PAGE = 1000


def pages(rows: QuerySet[Any, Any], *columns: str) -> Iterator[list[Any]]:
    """These columns of all of them by primary key, each page as it is when it is reached.

    One long statement would see everything as it was when that began.
    """
    read = rows.order_by("pk").values_list("pk", *columns, named=True)
    page = list(read[:PAGE])
    while page:
        yield page
        page = list(read.filter(pk__gt=page[-1].pk)[:PAGE])


def distinct(rows: QuerySet[Any, Any], column: str) -> Iterator[list[str]]:
    """The names in one column, each once, page by page."""
    values = rows.order_by(column).values_list(column, flat=True).distinct()
    page = list(values[:PAGE])
    while page:
        yield page
        page = list(values.filter(**{f"{column}__gt": page[-1]})[:PAGE])


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    remaining = iter(items)
    while batch := list(islice(remaining, PAGE)):
        yield batch
