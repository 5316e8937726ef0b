"""Results of an action on several rows, in sentences for operators."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from volumes.admin.actions import AdminAction
from volumes.models.base import Reconciled
from volumes.presentation.results import WHEN_BACK, Progress, Result, fresh, progress


class Done:
    """Collects rows by their progress in the storage."""

    def __init__(self, action: AdminAction) -> None:
        self._action = action
        self._names: dict[Progress, list[str]] = defaultdict(list)
        self._failed: list[Result] = []

    def add(self, row: Any, returned: object) -> None:
        """Add a row after the action. `returned` is the result of the action's `do`."""
        target = returned if isinstance(returned, Reconciled) else row
        now: Any = fresh(target) if self._action.settles else None
        found = progress(now)
        if found is Progress.FAILED:
            self._failed.append(Result(found, f"{row}: {now.operator_message}"))
        else:
            self._names[found].append(str(row))

    def results(self) -> list[Result]:
        """Return one sentence for all rows that came equally far, and one for each that failed."""
        texts = {
            Progress.DONE: f"{self._action.done}: {{}}.",
            Progress.MOVING: "In progress: {}.",
            Progress.WAITING: f"Accepted: {{}}. It will be done {WHEN_BACK}",
        }
        messages = [
            Result(one, text.format(", ".join(self._names[one])))
            for one, text in texts.items()
            if one in self._names
        ]
        return messages + self._failed
