"""What the removed beginning of a volume's history led to."""

from __future__ import annotations

from typing import Any, Protocol

from django.db import models

from volumes.models.installation import Installation
from volumes.models.volume import Volume


class Change(Protocol):
    """An entry of a volume's history that raised its version."""

    @property
    def version(self) -> int | None: ...
    @property
    def changes(self) -> dict[str, list[Any]]: ...


class HistoryBaseline(models.Model):
    """The state at the newest version whose history was pruned: verification replays from here.

    There is none for a volume whose history is whole.
    """

    volume = models.OneToOneField(
        Volume, primary_key=True, on_delete=models.CASCADE, related_name="history_baseline"
    )
    version = models.PositiveIntegerField(default=0)
    state = models.JSONField(default=dict)
    """The fields that the pruned entries named, with their last values."""

    def __str__(self) -> str:
        return f"version {self.version} of {self.volume_id}"

    @staticmethod
    def lock() -> None:
        """Wait for others that rewrite history and baselines, and keep them out for this transaction.

        Pruning puts values of entries into a baseline, and erasing replaces values in both.
        """
        Installation.objects.select_for_update(no_key=True).first()

    def absorb(self, change: Change) -> bool:
        """Continue the state by this change. Return False, unchanged, if it does not fit.

        A change that contradicts what came before must stay: it is what verification reports.
        """
        if change.version != self.version + 1:
            return False
        for field, (before, after) in change.changes.items():
            is_smaller = field == "size" and before is not None and after < before
            if is_smaller or self.state.get(field, before) != before:
                return False
        self.version = change.version
        self.state |= {field: after for field, (_, after) in change.changes.items()}
        return True
