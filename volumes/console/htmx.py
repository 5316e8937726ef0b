"""What htmx adds to a page that works without it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict

FILTER = "filter"
"""The id of the form above a list."""


def clean_query(request: HttpRequest) -> QueryDict:
    """The query without what a form left open; the links of the page are made from it too."""
    query = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if kept := [value for value in values if value]:
            query.setlist(name, kept)
    request.GET = query  # type: ignore[assignment]  # it is mutable here only
    return query


def with_short_address(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Where a filter asked, the address to be kept says only what `said()` found."""
    if request.headers.get("HX-Trigger") == FILTER:
        query = request.GET.urlencode()
        answer["HX-Push-Url"] = f"{request.path}?{query}" if query else request.path
    return answer
