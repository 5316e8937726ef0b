"""The console's words and parts, for its templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from volumes.api.wire import moment
from volumes.pages import words
from volumes.rules.quota import Room

register = template.Library()

register.filter("state", words.state)
register.filter("snapshot_state", words.snapshot_state)
register.filter("size", words.size)
register.filter("day", words.day)
register.filter("lasting", words.lasting)


@register.filter
def mb(value: int | None) -> SafeString:
    """A size as people say it, the exact MB on hover."""
    if value is None:
        return SafeString("–")
    return format_html('<span title="{} MB">{}</span>', f"{value:,}", words.size(value))


@register.filter
def ago(at: datetime | None) -> SafeString:
    """A relative time, the exact one on hover."""
    if at is None:
        return SafeString("never")
    exact = moment(at)
    title = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, title, words.ago(at))


@register.inclusion_tag("parts/used.html")
def used(used_size: int | None, size: int) -> dict[str, Any]:
    """A small bar with "8.1 of 10 GB" beside it."""
    return {
        "full": words.percent(used_size, size),
        "words": words.share(used_size, size),
        "exact": f"{'–' if used_size is None else f'{used_size:,}'} of {size:,} MB",
    }


@register.inclusion_tag("parts/gauge.html")
def gauge(room: Room, used: int | None = None, extra: int = 0) -> dict[str, Any]:
    """Used, provisioned but not used, what a form would add, and the rest of the quota."""
    limit = room.limit
    whole = max(limit or 0, room.used + extra) or 1
    filled = min(used or 0, room.used)
    return {
        "used": used,
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
