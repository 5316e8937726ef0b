"""What the sets of several kinds of rows share. Each model's own set is in the module of the model."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any, Protocol, Self, TypeVar

from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now
from django.utils.functional import cached_property

from config.db.claims import ClaimStatement
from config.db.statements import PreparedQuery, QueryParam, any_of, columns, instance

Row = TypeVar("Row", bound=models.Model)


class CallerLike(Protocol):
    """What decides what a caller reaches: a Caller, or parameters in its place."""

    @property
    def user(self) -> Any: ...

    @property
    def environment_id(self) -> Any: ...


LEASE = timedelta(seconds=20)
_AMONG_THEM = any_of("pk")


class ReconciledQuerySet(models.QuerySet[Row]):
    """Rows as the reconciler sees them. All times are the database's: clocks of hosts differ."""

    followed: tuple[str, ...] = ()
    """The relations that a step follows: fetched by the claim, a step asks the database nothing."""
    moving: tuple[str, ...] = ("lease_owner", "due_at", "attempts", "is_deleted")
    """What others may have changed while a step was at work, and its outcome depends on."""
    marks_of_claim: dict[str, Any] = {}
    """What else changes in the moment of the claim."""

    def unsettled(self) -> Self:
        return self.filter(due_at__isnull=False)

    def eligible(self) -> Self:
        """Unsettled and allowed to be worked on, whatever pause a failure earned it."""
        return self.unsettled()

    def due(self) -> Self:
        return self.eligible().filter(due_at__lte=Now())

    def free(self) -> Self:
        """Nobody works on it, or whoever did has not been heard of for a lease's time."""
        return self.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=Now()))

    def quick(self) -> Self:
        """Rows whose next step opens no file of a tenant, so that it ends within moments."""
        raise NotImplementedError

    def bulk(self) -> Self:
        """All other rows: their steps take as long as copying or removing a tenant's files does."""
        raise NotImplementedError

    def in_turn(self) -> Self:
        """Environment by environment, in each what has waited longest first: as the index has it."""
        return self.order_by("environment_id", "due_at")

    def claim(self, pks: Iterable[uuid.UUID]) -> list[Row]:
        """Lease these rows, but for those that are settled, not in this set, or somebody else's.

        All of them under one owner, which no other claim has.
        """
        owner = uuid.uuid4()
        found = self._claiming.rows(pks=list(pks), owner=owner)
        rows: list[Row] = [instance(self.model, values) for values in found]
        for row in rows:
            row.lease_owner = owner  # type: ignore[attr-defined]
        for name in self.followed:
            followers = [row for row in rows if getattr(row, f"{name}_id")]
            models.prefetch_related_objects(followers, name)
        return rows

    @cached_property
    def _claiming(self) -> ClaimStatement:
        """Once for a set that lives on and is claimed from again and again."""
        owner = QueryParam("owner", models.UUIDField())
        return ClaimStatement(
            lambda: self.free().filter(_AMONG_THEM).values_list(*columns(self.model)),
            lambda: {"lease_owner": owner, "lease_until": Now() + LEASE, **self.marks_of_claim},
        )

    def lock_current(self, pks: Iterable[uuid.UUID], *, skip_locked: bool) -> dict[uuid.UUID, Row]:
        """These rows as people have left them meanwhile, locked, with what moves in them."""
        names = [name for name in columns(self.model) if name in ("id", *self.moving)]
        found = _by_now(self.model, skip_locked, *names).rows(pks=list(pks))
        rows = (self.model.from_db(self.db, names, values) for values in found)
        return {row.pk: row for row in rows}

    def renew(self, leases: Mapping[uuid.UUID, uuid.UUID]) -> int:
        """Another lease's time for those rows that these owners still hold."""
        held = self.filter(pk__in=leases, lease_owner__in=leases.values())
        return held.update(lease_until=Now() + LEASE)

    def release(self, leases: Mapping[uuid.UUID, uuid.UUID]) -> int:
        """Give these owners' leases back, so that any process can claim the rows at once."""
        leased = self.filter(lease_owner__in=leases.values(), pk__in=leases)
        return leased.update(lease_owner=None, lease_until=None)


@lru_cache
def _by_now(model: type[models.Model], skip_locked: bool, *names: str) -> PreparedQuery:
    rows = model._default_manager.select_for_update(skip_locked=skip_locked)
    return PreparedQuery(lambda: rows.filter(_AMONG_THEM).values_list(*names))


class IsEmpty(Func):
    """Whether a text is empty. Without a parameter, so that it can name the condition of an index."""

    template = "(%(expressions)s = '')"
    output_field = models.BooleanField()


QUICK_VOLUMES = Q(is_deleted=False) & (
    Q(provisioned_size__isnull=False) | Q(IsEmpty("adopt_from"), restore_from__isnull=True)
)
"""Volumes that are neither removed nor filled from a snapshot or a directory next."""
BULK_VOLUMES = Q(is_deleted=True) | (
    Q(provisioned_size__isnull=True) & (~Q(IsEmpty("adopt_from")) | Q(restore_from__isnull=False))
)
