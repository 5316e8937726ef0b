"""Pages of a company's activity, and its export as CSV."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, cast

from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.auth.decorators import AuthenticatedHttpRequest, full_login_required
from accounts.exports import ExportStream
from accounts.models import Company
from config import limits
from config.concurrency import request_slot
from config.csv_cells import csv_text
from config.searches import filter_value
from config.timestamps import rfc3339
from volumes.console.htmx import clean_query, with_short_address
from volumes.console.panels.activity_feed import ActivityFeed, Step

COLUMNS = (
    "at",
    "by",
    "person",
    "via",
    "ip",
    "environment",
    "subject",
    "name",
    "id",
    "action",
    "version",
    "changes",
)


@require_safe
@gzip_page
@full_login_required
def activity(request: AuthenticatedHttpRequest) -> HttpResponse:
    companies = _offered(request)
    company = _chosen(request, companies)
    feed = ActivityFeed(company, clean_query(request)) if company else None
    context = {
        "company": company,
        "companies": companies,
        "is_typed": len(companies) > limits.MAX_CHOICES,
        "feed": feed,
    }
    return with_short_address(request, render(request, "console/activity.html", context))


@require_safe
@gzip_page
@full_login_required
def export(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Stream the whole activity as CSV."""
    company = _chosen(request, _offered(request))
    if company is None:
        raise Http404
    feed = ActivityFeed(company, request.GET)
    name = f"activity-{slugify(company.name) or 'company'}-{timezone.now():%Y-%m-%d}.csv"
    stream = ExportStream(request.user, _chunks(feed))
    answer = StreamingHttpResponse(
        stream,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    return cast(HttpResponse, answer)  # as far as any middleware cares


def _companies(request: AuthenticatedHttpRequest) -> QuerySet[Any]:
    """Return the user's companies; `joined` is the order in which the user joined them."""
    mine = Company.objects.filter(memberships__user=request.user)
    return mine.annotate(joined=F("memberships__pk"))


def _offered(request: AuthenticatedHttpRequest) -> list[Company]:
    return list(_companies(request).order_by("name")[: limits.MAX_CHOICES + 1])


def _chosen(request: AuthenticatedHttpRequest, known_companies: list[Company]) -> Company | None:
    """Return the company that `?company=` names or identifies, or else the one joined first.

    `known_companies` are companies of this person that were looked up already. Raises Http404 for
    a company of others. Joining another company must not change what a bookmark or a program gets,
    so the default does not depend on names.
    """
    named = filter_value(request.GET.get("company", ""))
    if not named:
        company: Company | None = _joined_first(known_companies)
        return company
    known = (one for one in known_companies if named in {str(one.pk), one.name})
    company = next(known, None) or _companies(request).filter(_is(named)).first()
    if company is None:
        raise Http404
    return company


def _joined_first(known_companies: list[Any]) -> Any:
    """Return the default among `known_companies`; among too many to offer, the first by name."""
    if len(known_companies) > limits.MAX_CHOICES:
        return known_companies[0]
    return min(known_companies, key=lambda one: one.joined, default=None)


def _is(named: str) -> Q:
    try:
        return Q(pk=uuid.UUID(named))
    except ValueError:
        return Q(name=named)


def _chunks(feed: ActivityFeed) -> Iterator[str]:
    """Yield the table in batches. Between batches, it holds neither a request slot nor a connection."""
    yield csv_text([COLUMNS])
    batches = feed.batches()
    while True:
        with request_slot():
            batch = next(batches, None)
            chunk = csv_text(map(_cells, batch)) if batch else None
        if chunk is None:
            return
        yield chunk


def _cells(step: Step) -> Iterable[object]:
    revision = step.entry.revision
    changes = json.dumps(revision.changes, ensure_ascii=False) if revision.changes else ""
    return (
        rfc3339(revision.at),
        revision.by,
        step.entry.who,
        revision.via,
        revision.ip,
        step.place,
        revision.subject,
        revision.subject_name,
        revision.subject_id,
        revision.action,
        revision.version,
        changes,
    )
