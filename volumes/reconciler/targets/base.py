"""What the reconciler has to know of a type of rows."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from django.db.models import Expression, F
from django.utils.functional import cached_property

from config.faultpoints import faultpoint
from volumes.backends import Backend, BackendError, StorageUnavailable
from volumes.models.base import STORAGE_UNAVAILABLE, Reconciled
from volumes.models.querysets import ReconciledQuerySet
from volumes.reconciler.outcomes import Failed, Outcome

log = logging.getLogger("holdfast.reconciler")

Row = TypeVar("Row", bound=Reconciled)
Rows = ReconciledQuerySet[Any]


class Target(ABC, Generic[Row]):
    """One type of rows, and how the storage is made to match a row of it."""

    rows: ReconciledQuerySet[Row]
    """All rows of the type."""
    error_status: str
    """The status of a row whose last step failed."""
    has_quick_steps = True
    """False if every step opens tenant files."""
    has_bulk_steps = True
    """False if no step opens tenant files."""
    waits_since: Expression | F
    """Since when an unsettled row waits for its step."""

    def due(self) -> list[tuple[Rows, bool]]:
        """Return the due rows with quick steps and those with bulk steps, each with `is_bulk`."""
        return self._split(self.rows.due())

    def eligible(self) -> list[tuple[Rows, bool]]:
        """Return the eligible rows in the same way."""
        return self._split(self.rows.eligible())

    def eligible_like(self, row: Row) -> Rows:
        """Return the rows to claim this row from: eligible ones with the same kind of step.

        So a thread for quick steps never claims a bulk one, even if the row has changed meanwhile.
        """
        return self._eligible[self.is_bulk(row)]

    def is_bulk(self, row: Row) -> bool:
        """Return whether the row's next step opens tenant files, like `bulk()` of the queryset.

        A type with both kinds of steps overrides this, and its queryset has `quick()` and `bulk()`.
        """
        return self.has_bulk_steps

    def apply(self, row: Row, backend: Backend) -> Outcome:
        """Make the storage match the row, and return the outcome. Makes no database query."""
        try:
            faultpoint("step:begun")
            outcome = self.step(row, backend)
            faultpoint("step:done")
            return outcome
        except BackendError as error:
            log.warning("step_failed", extra={"row": row.ref, "cause": error.detail})
            return self.failure(row, error)
        except Exception as error:
            # A bug must neither stop other steps nor be retried in a tight loop.
            log.exception("step_crashed", extra={"row": row.ref})
            reason = "Something unexpected went wrong. It is tried again by itself."
            detail = f"{type(error).__name__}: the server's log has the traceback of {row.ref}."
            return self.failure(row, BackendError(reason, detail, permanent=True))

    @abstractmethod
    def step(self, row: Row, backend: Backend) -> Outcome:
        """Do the work of `apply`. Raises BackendError."""

    def failure(self, row: Row, error: BackendError) -> Outcome:
        """Return the outcome of a step that raised this error: it is retried."""
        reason = reason_of(error)
        return Failed(
            row, reason, error.detail, status=self.error_status, permanent=error.permanent
        )

    @abstractmethod
    def is_unwanted(self, row: Row) -> bool:
        """Return whether data that a step with a lost lease made for the row must be removed.

        Once it is unwanted, it stays so: the removal may begin much later.
        """

    @abstractmethod
    def clean_up_after_lost_lease(self, row: Row, backend: Backend) -> None:
        """Remove the data that a step made for an unwanted row. Makes no database query."""

    def _split(self, rows: Rows) -> list[tuple[Rows, bool]]:
        if self.has_quick_steps and self.has_bulk_steps:
            return [(rows.quick(), False), (rows.bulk(), True)]
        return [(rows, self.has_bulk_steps)]

    @cached_property
    def _eligible(self) -> dict[bool, Rows]:
        # Kept, because the queryset builds the statement of its claims only once.
        return {is_bulk: rows for rows, is_bulk in self.eligible()}


def reason_of(error: BackendError) -> str:
    """Return the reason of a failed step for tenants."""
    return STORAGE_UNAVAILABLE if isinstance(error, StorageUnavailable) else error.message
