"""Tags of the admin's index page."""

from __future__ import annotations

from typing import Any

from django import template

from config import limits
from volumes.monitoring import dashboard as numbers
from volumes.monitoring.capacity import storage_figures
from volumes.presentation.timeline import Entry

register = template.Library()


@register.inclusion_tag("admin/_dashboard.html")
def dashboard() -> dict[str, Any]:
    """Show the dashboard of all volumes."""
    waiting, oldest = numbers.unsettled()
    totals = numbers.totals()
    return {
        "totals": totals,
        "capacity": storage_figures(),
        "counted": limits.MAX_SUMMED_VOLUMES,
        "growth": numbers.growth(totals.volumes),
        "waiting": waiting,
        "oldest": oldest,
        "look": numbers.last_look(),
        "tokens": numbers.expiring_tokens(),
        "lines": numbers.LINES,
    }


@register.simple_tag
def latest_changes() -> list[Entry]:
    return numbers.latest_changes()


@register.simple_tag
def full_name(admin: Any, row: Any) -> str:
    """Return a name that identifies the row among all others."""
    return str(admin.full_name(row))
