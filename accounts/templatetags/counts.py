"""Counts and links of long lists."""

from typing import Any

from django import template
from django.template.defaulttags import querystring

from config import limits
from config.pagination import KeysetPage

register = template.Library()


@register.filter
def format_count(count: int, most: int | None = None) -> str:
    """Return the count as text, `30,000+` if it exceeds `most`."""
    most = most or limits.MAX_COUNTED_ROWS
    return f"{most:,}+" if count > most else str(count)


@register.simple_tag(takes_context=True)
def going_on_at(context: Any, stretch: KeysetPage, name: str) -> str:
    """Return the URL of the same page with this list starting at that name."""
    return str(querystring(context, None, **{stretch.parameter: name}))
