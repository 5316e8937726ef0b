"""Relative times, with the exact time in the element's title."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil

register = template.Library()


@register.simple_tag
def when(moment: datetime) -> SafeString:
    """Return a relative time in one unit, such as `3 hours ago` or `in 2 weeks`."""
    now = timezone.now()
    if abs((now - moment).total_seconds()) < 60:
        words = "just now"
    elif moment < now:
        words = f"{timesince(moment, now, depth=1)} ago"
    else:
        words = f"in {timeuntil(moment, now, depth=1)}"
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        moment.isoformat(),
        date_format(moment, "j F Y, H:i:s"),
        words,
    )
