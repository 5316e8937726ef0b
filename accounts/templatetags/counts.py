"""Counts of long lists, which end somewhere, and the way through them."""

from typing import Any

from django import template
from django.template.defaulttags import querystring

from config import pagination
from config.keyset import KeysetPage

register = template.Library()


@register.filter
def format_count(count: int, most: int | None = None) -> str:
    """A count that was ended beyond `most`, as `30,000+`."""
    most = most or pagination.MAX_COUNTED_ROWS
    return f"{most:,}+" if count > most else str(count)


@register.simple_tag(takes_context=True)
def going_on_at(context: Any, stretch: KeysetPage, name: str) -> str:
    """The address of the same page, with this list from that name on."""
    return str(querystring(context, None, **{stretch.parameter: name}))
