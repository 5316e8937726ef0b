"""The figures of the whole storage, for the admin's start page and for /metrics."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from accounts.models import Company
from volumes.models import StorageState
from volumes.presentation import formatting

MIB = 2**20


@dataclass(frozen=True)
class StorageFigures:
    """What is known of the storage, as it was last seen, and what is promised now."""

    state: StorageState
    promised: int
    """MB: the sizes of all volumes whose data still exists."""

    @property
    def total(self) -> int | None:
        """Return MB, rounded down; None if it was never seen."""
        return None if self.state.total_bytes is None else self.state.total_bytes // MIB

    @property
    def used(self) -> int | None:
        return None if self.state.used_bytes is None else self.state.used_bytes // MIB

    @property
    def full(self) -> int:
        return formatting.percent(self.state.used_bytes, self.state.total_bytes)

    @property
    def is_current(self) -> bool:
        """Return whether the storage was available at the last check."""
        is_seen = self.state.seen_at is not None and not self.state.unseen_reason
        return is_seen and self.state.unavailable_since is None

    @property
    def ratio(self) -> Decimal | None:
        """Return what is promised for each byte of the storage; None if it was never seen."""
        total = self.state.total_bytes
        return Decimal(self.promised * MIB) / total if total else None


def storage_figures() -> StorageFigures:
    """Return the figures. Makes two queries, and does not ask the storage."""
    state = StorageState.objects.first() or StorageState()
    sums = Company.objects.aggregate(promised=Sum("storage_used"))
    return StorageFigures(state, sums["promised"] or 0)
