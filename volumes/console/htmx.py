"""Additions of htmx to pages that also work without it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict

FILTER = "filter"
"""The id of the form above a list."""


def clean_query(request: HttpRequest) -> QueryDict:
    """Remove empty values of a form from the query, also for the links of the page."""
    query = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if kept := [value for value in values if value]:
            query.setlist(name, kept)
    request.GET = query  # type: ignore[assignment]  # it is mutable here only
    return query


def with_short_address(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """After a request of the filter form, make the browser's address the one of `clean_query()`."""
    if request.headers.get("HX-Trigger") == FILTER:
        query = request.GET.urlencode()
        answer["HX-Push-Url"] = f"{request.path}?{query}" if query else request.path
    return answer
