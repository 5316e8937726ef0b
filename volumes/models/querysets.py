"""Base querysets of reconciled rows. Each model's own queryset is in the module of the model."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Protocol, Self, TypeVar

from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now
from django.utils.functional import cached_property

from config import limits
from config.db.claims import ClaimStatement
from config.db.statements import PreparedQuery, QueryParam, any_of, columns, instance

Row = TypeVar("Row", bound=models.Model)


class CallerLike(Protocol):
    """The facts that decide what a caller may see: a Caller, or query parameters in its place."""

    @property
    def user(self) -> Any: ...

    @property
    def environment_id(self) -> Any: ...


_PK_IN = any_of("pk")


class ReconciledQuerySet(models.QuerySet[Row]):
    """Rows of the reconciler. All times are the database's, because clocks of hosts differ."""

    select_with_claim: tuple[str, ...] = ()
    """Relations that the claim fetches, because a step makes no query."""
    contended_fields: tuple[str, ...] = ("lease_owner", "due_at", "attempts", "is_deleted")
    """Fields that may change during a step and that its outcome depends on."""
    claim_values: dict[str, Any] = {}
    """Other columns that the claim writes."""

    def unsettled(self) -> Self:
        return self.filter(due_at__isnull=False)

    def eligible(self) -> Self:
        """Return unsettled rows that may be reconciled, without regard to their backoff."""
        return self.unsettled()

    def due(self) -> Self:
        return self.eligible().filter(due_at__lte=Now())

    def free(self) -> Self:
        """Return rows that are not leased, or whose lease has expired."""
        return self.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=Now()))

    def quick(self) -> Self:
        """Return rows whose next step opens no tenant file, if the type has steps of both kinds."""
        raise NotImplementedError

    def bulk(self) -> Self:
        """Return the other rows, whose steps copy or remove tenant files."""
        raise NotImplementedError

    def in_fair_order(self) -> Self:
        """Order by environment, then by waiting time, as the index does."""
        return self.order_by("environment_id", "due_at")

    def claim(self, pks: Iterable[uuid.UUID]) -> list[Row]:
        """Lease the given rows that are in this set and not leased. Return the leased rows.

        All get one new lease owner.
        """
        owner = uuid.uuid4()
        claimed = self._claiming.rows(pks=list(pks), owner=owner)
        rows: list[Row] = [instance(self.model, values) for values in claimed]
        for row in rows:
            row.lease_owner = owner  # type: ignore[attr-defined]
        for name in self.select_with_claim:
            related_rows = [row for row in rows if getattr(row, f"{name}_id")]
            models.prefetch_related_objects(related_rows, name)
        return rows

    @cached_property
    def _claiming(self) -> ClaimStatement:
        """Build the statement once for a queryset that is used for many claims."""
        owner = QueryParam("owner", models.UUIDField())
        return ClaimStatement(
            lambda: self.free().filter(_PK_IN).values_list(*columns(self.model)),
            lambda: {
                "lease_owner": owner,
                "lease_until": Now() + limits.LEASE,
                **self.claim_values,
            },
        )

    def lock_current(self, pks: Iterable[uuid.UUID], *, skip_locked: bool) -> dict[uuid.UUID, Row]:
        """Lock these rows, and return the current values of their contended fields."""
        names = [name for name in columns(self.model) if name in ("id", *self.contended_fields)]
        found = _current_rows(self.model, skip_locked, *names).rows(pks=list(pks))
        rows = (self.model.from_db(self.db, names, values) for values in found)
        return {row.pk: row for row in rows}

    def renew(self, leases: Mapping[uuid.UUID, uuid.UUID]) -> int:
        """Another lease's time for those rows that these owners still hold."""
        held = self.filter(pk__in=leases, lease_owner__in=leases.values())
        return held.update(lease_until=Now() + limits.LEASE)

    def release(self, leases: Mapping[uuid.UUID, uuid.UUID]) -> int:
        """Give these owners' leases back, so that any process can claim the rows at once."""
        leased = self.filter(lease_owner__in=leases.values(), pk__in=leases)
        return leased.update(lease_owner=None, lease_until=None)


@lru_cache
def _current_rows(model: type[models.Model], skip_locked: bool, *names: str) -> PreparedQuery:
    rows = model._default_manager.select_for_update(skip_locked=skip_locked)
    return PreparedQuery(lambda: rows.filter(_PK_IN).values_list(*names))


class IsEmpty(Func):
    """True for an empty text. It has no parameter, so it can be part of an index condition."""

    template = "(%(expressions)s = '')"
    output_field = models.BooleanField()


QUICK_VOLUMES = Q(is_deleted=False) & (
    Q(provisioned_size__isnull=False) | Q(IsEmpty("adopt_from"), restore_from__isnull=True)
)
"""Volumes whose next step is neither a removal nor a copy or adoption."""
BULK_VOLUMES = Q(is_deleted=True) | (
    Q(provisioned_size__isnull=True) & (~Q(IsEmpty("adopt_from")) | Q(restore_from__isnull=False))
)
