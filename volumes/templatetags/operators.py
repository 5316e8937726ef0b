"""What the operators' index shows above the list of pages."""

from __future__ import annotations

from typing import Any

from django import template

from volumes.monitoring import dashboard as numbers
from volumes.presentation.timeline import Entry

register = template.Library()


@register.inclusion_tag("admin/_dashboard.html")
def dashboard() -> dict[str, Any]:
    """How all volumes are."""
    waiting, oldest = numbers.unsettled()
    totals = numbers.totals()
    return {
        "totals": totals,
        "counted": numbers.COUNTED,
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
    """The row under a name that tells it from all others."""
    return str(admin.full_name(row))
