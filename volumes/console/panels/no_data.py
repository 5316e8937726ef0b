"""The page in the place of a form that needs a volume's data, while there is none."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from volumes.console.access import EnvironmentContext
from volumes.models import Volume


def without_data(visit: EnvironmentContext, volume: Volume, verb: str, reason: str) -> HttpResponse:
    """Return the page that explains why `verb` is unavailable, for opened and submitted forms."""
    context = {
        "visit": visit,
        "environment": visit.environment,
        "volume": volume,
        "heading": f"{verb} {volume}",
        "place": verb.removesuffix(" of"),
        "reason": reason,
    }
    return render(visit.request, "console/no_data.html", context)
