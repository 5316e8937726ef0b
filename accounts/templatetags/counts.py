"""Counts of long lists, which end somewhere."""

from django import template

from accounts import long_lists

register = template.Library()


@register.filter
def many(count: int, most: int | None = None) -> str:
    """A count that was ended beyond `most`, as `30,000+`."""
    most = most or long_lists.MOST
    return f"{most:,}+" if count > most else str(count)
