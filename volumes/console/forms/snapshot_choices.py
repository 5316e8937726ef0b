"""The snapshots that a new volume can be filled from."""

from __future__ import annotations

from django.db.models import F, Subquery

from config import limits
from volumes.console.access import EnvironmentContext
from volumes.models import Environment, Snapshot, SnapshotStatus
from volumes.models.snapshot import SnapshotQuerySet
from volumes.queries.search import MaterializedIn
from volumes.specs.parsers import InvalidValue, identifier


def snapshot_choices(visit: EnvironmentContext, ref: str) -> tuple[list[Snapshot], Snapshot | None]:
    """Return the newest snapshots of the company, and the usable one with the id `ref`, if any.

    The rules report any other value of `ref`.
    """
    newest = list(_ready(visit).filter(MaterializedIn(F("pk"), _newest(visit))).order_by("-id"))
    try:
        pk = identifier(Snapshot.prefix)(ref)
    except InvalidValue:
        return newest, None
    if found := next((one for one in newest if one.pk == pk), None):
        return newest, found
    older = _ready(visit).filter(pk=pk).first()
    return [older, *newest] if older else newest, older


def _newest(visit: EnvironmentContext) -> Subquery:
    """Return the keys of the newest snapshots, found by the keys of their environments.

    For a join, PostgreSQL would first read all volumes and snapshots of the company.
    """
    reached = Environment.objects.live().visible_to(visit.caller).filter(company=visit.company)
    here = MaterializedIn(F("environment"), Subquery(reached.values("pk")))
    there = Snapshot.objects.filter(here, status=SnapshotStatus.READY)
    return Subquery(there.order_by("-id").values("pk")[: limits.MAX_SNAPSHOT_CHOICES])


def _ready(visit: EnvironmentContext) -> SnapshotQuerySet:
    found = Snapshot.objects.visible_to(visit.caller).filter(
        status=SnapshotStatus.READY, volume__environment__company=visit.company
    )
    return found.select_related("volume__environment")
