"""What stands above the tabs of every page of an environment."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Aggregate, Count, OuterRef, QuerySet, Subquery, Sum

from volumes.models import Application, Environment, Volume
from volumes.pages.attention import attention
from volumes.pages.doors import Visit
from volumes.rules.quota import Room

LINES = 8
NAMED = 5


def frame(visit: Visit, tab: str) -> dict[str, Any]:
    """The gauge, what needs attention, and the tabs with their counts: three queries."""
    environment = visit.environment
    return _totals(environment) | {
        "visit": visit,
        "environment": environment,
        "room": Room(environment),
        "attention": attention([environment], visit.caller, most=LINES, each=NAMED),
        "tab": tab,
        "origin": settings.PUBLIC_URL.geturl().rstrip("/"),
    }


def _totals(environment: Environment) -> dict[str, int | None]:
    """`used` is None where nobody measured."""
    volumes = Volume.objects.live()
    found = Environment.objects.filter(pk=environment.pk).values(
        volume_count=_within(volumes, Count("pk")),
        application_count=_within(Application.objects.live(), Count("pk")),
        used=_within(volumes, Sum("used_size")),
    )
    totals = found.get()
    counts = {name: totals[name] or 0 for name in ("volume_count", "application_count")}
    return {**counts, "used": totals["used"]}


def _within(rows: QuerySet[Any], total: Aggregate) -> Subquery:
    """One figure about these rows of the environment."""
    mine = rows.filter(environment=OuterRef("pk")).order_by().values("environment")
    return Subquery(mine.annotate(total=total).values("total"))
