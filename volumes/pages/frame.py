"""What stands above the tabs of every page of an environment."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Aggregate, Count, QuerySet, Subquery, Sum

from volumes.models import Environment
from volumes.pages.doors import Visit
from volumes.rules.quota import Room


def frame(visit: Visit, tab: str) -> dict[str, Any]:
    """The gauge, and the tabs with their counts: one query."""
    environment = visit.environment
    return _totals(environment) | {
        "visit": visit,
        "environment": environment,
        "room": Room(environment),
        "tab": tab,
        "origin": settings.PUBLIC_URL.geturl().rstrip("/"),
    }


def _totals(environment: Environment) -> dict[str, int | None]:
    """`used` is None where nobody measured."""
    volumes, applications = environment.volumes.live(), environment.applications.live()
    found = Environment.objects.filter(pk=environment.pk).values(
        volume_count=_total(volumes, Count("pk")),
        application_count=_total(applications, Count("pk")),
        used=_total(volumes, Sum("used_size")),
    )
    totals = found.get()
    counts = {name: totals[name] or 0 for name in ("volume_count", "application_count")}
    return {**counts, "used": totals["used"]}


def _total(rows: QuerySet[Any], total: Aggregate) -> Subquery:
    """One figure about these rows.

    They name their environment instead of an outer row's: else the planner reads the whole table.
    """
    return Subquery(rows.order_by().values("environment").annotate(total=total).values("total"))
