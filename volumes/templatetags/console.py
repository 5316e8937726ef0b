"""Filters and tags of the console's templates."""

from __future__ import annotations

from typing import Any

from django import template

from volumes.presentation import formatting, markup
from volumes.rules.quota import QuotaHeadroom

register = template.Library()

register.filter("state", formatting.state)
register.filter("snapshot_state", formatting.snapshot_state)
register.filter("size", formatting.size)
register.filter("future_day", formatting.future_day)
register.filter("duration", formatting.duration)
register.filter("past_time", formatting.past_time)
register.filter("mb", markup.mb)
register.filter("ago", markup.ago)
register.filter("icon", markup.icon)
register.filter("status", markup.status)
register.filter("applications", markup.applications)
register.filter("labels", markup.labels)
register.simple_tag(markup.used, name="used")


@register.inclusion_tag("parts/gauge.html")
def gauge(
    room: QuotaHeadroom, used: int | None = None, extra: int = 0, at_least: bool = False
) -> dict[str, Any]:
    """Show used size, provisioned size, the size that a form would add, and the rest of the quota.

    `at_least` means that `used` is a lower bound.
    """
    limit = room.limit
    whole = max(limit or 0, room.used + extra) or 1
    filled = min(used or 0, room.used)
    return {
        "used": used,
        "at_least": at_least,
        "provisioned": room.used,
        "extra": extra,
        "after": room.used + extra,
        "limit": limit,
        "left": None if limit is None else limit - room.used - extra,
        "over": None if limit is None else max(0, room.used + extra - limit),
        "widths": {
            "used": filled * 1000 / whole,
            "provisioned": (room.used - filled) * 1000 / whole,
            "extra": extra * 1000 / whole,
            "used_end": filled * 1000 / whole,
            "provisioned_end": room.used * 1000 / whole,
        },
    }
