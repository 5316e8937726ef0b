"""The header of every page of an environment."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from config import limits
from volumes.console.access import EnvironmentContext
from volumes.console.scan_scope import capped_count_of, sum_used
from volumes.models import Environment
from volumes.rules.quota import QuotaHeadroom


def frame(visit: EnvironmentContext, tab: str) -> dict[str, Any]:
    """Return the context of the gauge and the tabs with their counts. Makes one query."""
    environment = visit.environment
    return _totals(environment) | {
        "visit": visit,
        "environment": environment,
        "room": QuotaHeadroom(environment),
        "tab": tab,
        "origin": settings.PUBLIC_URL.geturl().rstrip("/"),
    }


def _totals(environment: Environment) -> dict[str, Any]:
    """Return the totals of at most MAX_COUNTED_ROWS volumes; `used` is None without measurements."""
    most = limits.MAX_COUNTED_ROWS
    volumes = environment.volumes.live()
    figures = Environment.objects.filter(pk=environment.pk).values(
        volume_count=capped_count_of(volumes, most),
        application_count=capped_count_of(environment.applications.live(), most),
        used=sum_used(volumes, most),
    )
    found: dict[str, Any] = {**figures.get()}
    return found | {"is_cut": found["volume_count"] > most}
