"""HTML for sizes, times and states, shared by console and admin.

Rows of long lists are built here: a template for each of fifty rows would cost more than the rest of
the page.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.timestamps import rfc3339
from volumes.presentation import formatting


def mb(value: int | None) -> SafeString:
    """Return a rounded size, with the exact MB on hover."""
    if value is None:
        return SafeString("–")
    return format_html('<span title="{} MB">{}</span>', f"{value:,}", formatting.size(value))


def ago(at: datetime | None) -> SafeString:
    """Return a relative time, with the exact one on hover."""
    if at is None:
        return SafeString("never")
    exact = rfc3339(at)
    title = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, title, formatting.ago(at))


@lru_cache(maxsize=8)
def icon(kind: str) -> SafeString:
    """Return the icon of a state's kind."""
    return render_to_string("_icon.html", {"kind": kind})


def status(state: formatting.State) -> SafeString:
    """Return a state with its icon."""
    html = '<span class="status {0}">{1}<span title="{2}">{2}</span></span>'
    return format_html(html, state.kind, icon(state.kind), state.label)


def used(used_size: int | None, size: int) -> SafeString:
    """Return a small bar followed by "8.1 of 10 GB"."""
    exact = f"{'–' if used_size is None else f'{used_size:,}'} of {size:,} MB"
    full = min(formatting.percent(used_size, size), 100)
    return format_html(USED, exact=exact, full=full, words=formatting.share(used_size, size))


USED = (
    '<span class="used" title="{exact}">'
    '<svg class="used-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
    '<rect class="track" width="100" height="8"/><rect class="fill" width="{full}" height="8"/></svg>'
    '<span class="figures">{words}</span></span>'
)


def applications(names: list[str]) -> SafeString:
    """Return a chip for each of the first three names; the others are shown on hover."""
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


def labels(pairs: dict[str, str]) -> SafeString:
    """Return a chip for the first label; all are shown on hover."""
    texts = [f"{key}: {value}" for key, value in pairs.items()]
    if not texts:
        return SafeString("")
    first = format_html('<span class="chip">{}</span>', texts[0])
    if len(texts) == 1:
        return format_html('<span class="chips" title="{}">{}</span>', texts[0], first)
    html = '<span class="chips" title="{}">{}<span class="muted">+{}</span></span>'
    return format_html(html, ", ".join(texts), first, len(texts) - 1)
