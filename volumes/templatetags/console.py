"""The console's words and parts, for its templates."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from volumes.api.representations import rfc3339
from volumes.presentation import formatting
from volumes.rules.quota import QuotaHeadroom

register = template.Library()

register.filter("state", formatting.state)
register.filter("snapshot_state", formatting.snapshot_state)
register.filter("size", formatting.size)
register.filter("future_day", formatting.future_day)
register.filter("duration", formatting.duration)
register.filter("past_time", formatting.past_time)


@register.filter
def mb(value: int | None) -> SafeString:
    """A size as people say it, the exact MB on hover."""
    if value is None:
        return SafeString("–")
    return format_html('<span title="{} MB">{}</span>', f"{value:,}", formatting.size(value))


@register.filter
def ago(at: datetime | None) -> SafeString:
    """A relative time, the exact one on hover."""
    if at is None:
        return SafeString("never")
    exact = rfc3339(at)
    title = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, title, formatting.ago(at))


# What each row of a long list shows is put together here: fifty times a template of its own would cost
# more than all the rest of the page.


@register.filter
@lru_cache(maxsize=8)
def icon(kind: str) -> SafeString:
    """good, bad, moving or anything else."""
    return render_to_string("_icon.html", {"kind": kind})


@register.filter
def status(state: formatting.State) -> SafeString:
    """An icon and words."""
    html = '<span class="status {0}">{1}<span title="{2}">{2}</span></span>'
    return format_html(html, state.kind, icon(state.kind), state.words)


@register.simple_tag
def used(used_size: int | None, size: int) -> SafeString:
    """A small bar with "8.1 of 10 GB" beside it."""
    exact = f"{'–' if used_size is None else f'{used_size:,}'} of {size:,} MB"
    full = min(formatting.percent(used_size, size), 100)
    return format_html(USED, exact=exact, full=full, words=formatting.share(used_size, size))


USED = (
    '<span class="used" title="{exact}">'
    '<svg class="used-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
    '<rect class="rest" width="100" height="8"/><rect class="fill" width="{full}" height="8"/></svg>'
    '<span class="figures">{words}</span></span>'
)


@register.filter
def applications(names: list[str]) -> SafeString:
    """A chip for each of the first three, the others on hover."""
    if not names:
        return SafeString('<span class="chips"><span class="muted">nobody</span></span>')
    chips = format_html_join(
        "", '<span class="chip" title="{0}">{0}</span>', ((name,) for name in names[:3])
    )
    others = names[3:]
    more = ""
    if others:
        html = '<span class="muted" title="{}">+{}</span>'
        more = format_html(html, ", ".join(others), len(others))
    return format_html('<span class="chips">{}{}</span>', chips, more)


@register.filter
def labels(pairs: dict[str, str]) -> SafeString:
    """A chip for the first one, all of them on hover."""
    texts = [f"{key}: {value}" for key, value in pairs.items()]
    if not texts:
        return SafeString("")
    first = format_html('<span class="chip">{}</span>', texts[0])
    if len(texts) == 1:
        return format_html('<span class="chips" title="{}">{}</span>', texts[0], first)
    html = '<span class="chips" title="{}">{}<span class="muted">+{}</span></span>'
    return format_html(html, ", ".join(texts), first, len(texts) - 1)


@register.inclusion_tag("parts/gauge.html")
def gauge(
    room: QuotaHeadroom, used: int | None = None, extra: int = 0, at_least: bool = False
) -> dict[str, Any]:
    """Used, provisioned but not used, what a form would add, and the rest of the quota.

    `at_least`: more may be used than somebody summed.
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
