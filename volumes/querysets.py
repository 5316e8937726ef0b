"""Sets of rows. Permission is one of them: every look-up of a tenant's row starts at `visible_to`."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from django.apps import apps
from django.db import models, transaction
from django.db.models import F, Q, Window
from django.db.models.functions import Now, RowNumber

from accounts.callers import Caller

if TYPE_CHECKING:
    from volumes.models import Application, Environment, Snapshot, Volume  # noqa: F401  (in strings)

Row = TypeVar("Row", bound=models.Model)


class Reaching(Protocol):
    """What decides what a caller reaches: a Caller, or parameters in its place."""

    @property
    def user(self) -> Any: ...

    @property
    def environment_id(self) -> Any: ...


LEASE = timedelta(seconds=20)


class EnvironmentQuerySet(models.QuerySet["Environment"]):
    def live(self) -> Self:
        return self.filter(is_deleted=False)

    def visible_to(self, caller: Reaching) -> Self:
        """What the caller reaches, each with the caller's `role` in its company."""
        # A user has at most one membership per company, so the join repeats no row.
        found = self.filter(company__memberships__user=caller.user).annotate(
            role=F("company__memberships__role")
        )
        if caller.environment_id is not None:
            found = found.filter(pk=caller.environment_id)
        return found


class ApplicationQuerySet(models.QuerySet["Application"]):
    def live(self) -> Self:
        return self.filter(is_deleted=False)

    def with_attachments(self) -> Self:
        return self.prefetch_related(_attachments())


class ReconciledQuerySet(models.QuerySet[Row]):
    """Rows as the reconciler sees them. All times are the database's: clocks of hosts differ."""

    environment_path = "environment_id"

    def unsettled(self) -> Self:
        return self.filter(due_at__isnull=False)

    def ripe(self) -> Self:
        """Unsettled and allowed to be worked on, whatever pause a failure earned it."""
        return self.unsettled()

    def due(self) -> Self:
        return self.ripe().filter(due_at__lte=Now())

    def free(self) -> Self:
        """Nobody works on it, or whoever did has not been heard of for a lease's time."""
        return self.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=Now()))

    def taking_turns(self) -> Self:
        """Environment by environment in turn: a tenant with a long queue holds nobody up."""
        turn = Window(
            RowNumber(), partition_by=F(self.environment_path), order_by=F("due_at").asc()
        )
        return self.annotate(turn=turn).order_by("turn", "due_at")

    def claim(self, pk: uuid.UUID) -> Row | None:
        """Lease one row of this set, or None where it is settled, not ripe, or somebody else's."""
        with transaction.atomic():
            row = (
                self.free().filter(pk=pk).select_for_update(skip_locked=True, of=("self",)).first()
            )
            if row is None:
                return None
            owner = uuid.uuid4()
            self.model._default_manager.filter(pk=pk).update(
                lease_owner=owner, lease_until=Now() + LEASE, **self.marks_of_claim(row)
            )
            row.lease_owner = owner  # type: ignore[attr-defined]
            return row

    def marks_of_claim(self, row: Row) -> dict[str, Any]:
        """What else changes in the moment of the claim."""
        return {}

    def renew(self, pk: uuid.UUID, owner: uuid.UUID) -> int:
        return self.filter(pk=pk, lease_owner=owner).update(lease_until=Now() + LEASE)


class VolumeQuerySet(ReconciledQuerySet["Volume"]):
    def live(self) -> Self:
        return self.filter(is_deleted=False)

    def with_data(self) -> Self:
        """What can be measured, settled or not: a failed growth keeps the data usable."""
        return self.live().filter(provisioned_size__isnull=False, missing_since__isnull=True)

    def settled(self) -> Self:
        """Ready, with data that should be there."""
        return self.live().filter(due_at__isnull=True, provisioned_size__isnull=False)

    def ripe(self) -> Self:
        over = Q(grace_until__isnull=True) | Q(grace_until__lte=Now())
        return self.unsettled().filter(over)

    def marks_of_claim(self, row: Volume) -> dict[str, Any]:
        return {"removal_started": True} if row.is_deleted else {}


class SnapshotQuerySet(ReconciledQuerySet["Snapshot"]):
    environment_path = "volume__environment_id"

    def standing(self) -> Self:
        """Not on its way out: what blocks a volume's delete and counts towards its maximum."""
        return self.filter(is_deleted=False)

    def visible_to(self, caller: Caller) -> Self:
        found = self.filter(volume__environment__company__memberships__user=caller.user)
        if caller.environment_id is not None:
            found = found.filter(volume__environment=caller.environment_id)
        return found.filter(volume__environment__is_deleted=False)


def _attachments() -> models.Prefetch[Any]:
    attachment = apps.get_model("volumes", "Attachment")
    return models.Prefetch("attachments", queryset=attachment._default_manager.order_by("id"))
