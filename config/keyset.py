"""Lists by name, some rows from a name on: as quick at their end as at their beginning."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.http import QueryDict

from config.searches import filter_value

PAGE_SIZE = 50


class KeysetPage:
    """Rows in the order of a name that each of them has alone, from the one that the address says."""

    def __init__(self, rows: QuerySet[Any], by: str, query: QueryDict, parameter: str) -> None:
        self.parameter = parameter
        start = filter_value(query.get(parameter, ""))
        named = rows.annotate(named=F(by))
        found = list(named.filter(named__gte=start).order_by("named")[: PAGE_SIZE + 1])
        self.rows = found[:PAGE_SIZE]
        self.next: str | None = found[PAGE_SIZE].named if len(found) > PAGE_SIZE else None
        """Where the next page begins, and the one before: None where there is none."""
        self.previous: str | None = None
        if start:
            earlier = named.filter(named__lt=start).order_by("-named")
            names = list(earlier.values_list("named", flat=True)[:PAGE_SIZE])
            self.previous = names[-1] if names else None

    @property
    def is_whole(self) -> bool:
        return self.next is None and self.previous is None
