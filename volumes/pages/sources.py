"""The snapshots that a new volume can be filled from."""

from __future__ import annotations

from django.db.models import Prefetch

from volumes.models import Environment, Snapshot, SnapshotStatus, Volume
from volumes.pages.doors import Visit
from volumes.querysets import SnapshotQuerySet
from volumes.rules.fields import Unreadable, identifier

MOST = 50


def sources(visit: Visit, ref: str) -> tuple[list[Snapshot], Snapshot | None]:
    """The newest ones of the company, and the one that `ref` names, if it can be used.

    What is wrong with another the rules say.
    """
    newest = list(_ready(visit).order_by("-id")[:MOST])
    try:
        pk = identifier(Snapshot.prefix)(ref)
    except Unreadable:
        return newest, None
    if found := next((one for one in newest if one.pk == pk), None):
        return newest, found
    older = _ready(visit).filter(pk=pk).first()
    return [older, *newest] if older else newest, older


def _ready(visit: Visit) -> SnapshotQuerySet:
    # By the keys of its environments: for a join PostgreSQL reads all their volumes and snapshots.
    reached = Environment.objects.live().visible_to(visit.caller).filter(company=visit.company)
    found = Snapshot.objects.filter(
        status=SnapshotStatus.READY, environment__in=list(reached.values_list("pk", flat=True))
    )
    return found.prefetch_related(Prefetch("volume", Volume.objects.select_related("environment")))
