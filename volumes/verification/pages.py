"""Reading any number of rows in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")

PAGE = 1000


def pages(rows: QuerySet[Row, Any]) -> Iterator[list[Row]]:
    """All of them by primary key, each page as it is when it is reached.

    One long statement would see everything as it was when that began.
    """
    after = None
    while page := list(
        (rows if after is None else rows.filter(pk__gt=after)).order_by("pk")[:PAGE]
    ):
        yield page
        after = page[-1].pk


def distinct(rows: QuerySet[Row, Any], column: str) -> Iterator[list[str]]:
    """The names in one column, each once, page by page."""
    values = rows.order_by(column).values_list(column, flat=True).distinct()
    after = ""
    while page := list(values.filter(**{f"{column}__gt": after})[:PAGE]):
        yield page
        after = page[-1]


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    remaining = iter(items)
    while batch := list(islice(remaining, PAGE)):
        yield batch
