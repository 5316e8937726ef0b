"""Long lists: counted and shown as far as anybody reads, so that their length costs nothing."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MAX_COUNTED_ROWS = 30_000
"""So many rows are counted, and paged through: whoever looks further narrows the list down."""

MAX_CHOICES = 100
"""So many are offered to choose from; whoever has more to choose from types which one it is."""


def capped_count(rows: QuerySet[Any]) -> int:
    """How many there are; one more than MOST stands for all that are more."""
    return rows.order_by()[: MAX_COUNTED_ROWS + 1].count()


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Knows how many rows there are up to MOST, and has no page beyond them."""

    @cached_property
    def found(self) -> int:
        return capped_count(self.object_list)  # type: ignore[arg-type]

    @cached_property
    def count(self) -> int:
        return min(self.found, MAX_COUNTED_ROWS)

    @property
    def is_truncated(self) -> bool:
        """Whether there are more."""
        return self.found > MAX_COUNTED_ROWS
