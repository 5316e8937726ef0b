"""Long lists: counted and shown as far as anybody reads, so that their length costs nothing."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST = 30_000
"""So many rows are counted, and paged through: whoever looks further narrows the list down."""

OFFERED = 100
"""So many are offered to choose from; whoever has more to choose from types which one it is."""


def counted(rows: QuerySet[Any]) -> int:
    """How many there are; one more than MOST stands for all that are more."""
    return rows.order_by()[: MOST + 1].count()


class LongPaginator(Paginator):  # type: ignore[type-arg]
    """Knows how many rows there are up to MOST, and has no page beyond them."""

    @cached_property
    def found(self) -> int:
        return counted(self.object_list)  # type: ignore[arg-type]

    @cached_property
    def count(self) -> int:
        return min(self.found, MOST)

    @property
    def is_open(self) -> bool:
        """Whether there are more."""
        return self.found > MOST
