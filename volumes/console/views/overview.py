"""The start page: the user's environments and their alerts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Sum, When
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.auth.decorators import AuthenticatedHttpRequest, full_login_required
from accounts.models import Membership, User
from accounts.templatetags.counts import format_count
from config import limits
from config.pagination import CappedPaginator
from volumes.console.access import caller_of
from volumes.console.panels.attention import attention
from volumes.console.scan_scope import capped_count_of, scan_scope, sum_used
from volumes.models import Environment, Volume, VolumeStatus
from volumes.rules.quota import QuotaHeadroom

CARDS_PER_PAGE = 24
LINES = 8
NAMED = 3

IN_WORDS = {
    VolumeStatus.ERROR: ("bad", "in error"),
    VolumeStatus.PENDING: ("progress", "being made"),
    VolumeStatus.RESIZING: ("progress", "growing"),
    VolumeStatus.READY: ("good", "ready"),
}
"""Each status with its icon, the most important first."""


Figures = dict[str, Any]
"""The counts of volumes by status in one environment, and their usage."""


@dataclass(frozen=True)
class StatusCount:
    kind: str
    status: str
    words: str
    count: str


@dataclass(frozen=True)
class Card:
    """The summary of one environment."""

    environment: Environment
    room: QuotaHeadroom
    used: int | None
    tallies: list[StatusCount]
    is_cut: bool
    """True if the usage is a lower bound."""


@dataclass(frozen=True)
class Section:
    """One company with the user's membership."""

    place: Membership
    cards: list[Card]


@require_safe
@gzip_page
@full_login_required
def overview(request: AuthenticatedHttpRequest) -> HttpResponse:
    caller = caller_of(request)
    visible = Environment.objects.live().visible_to(caller).select_related("company")
    visible = visible.order_by("company__name", "name")
    page = CappedPaginator(visible, CARDS_PER_PAGE).get_page(request.GET.get("page"))
    is_watched = page.paginator.count <= limits.MAX_WATCHED_ENVIRONMENTS
    # If there are few environments, they are read once for all pages.
    watched = list(visible if is_watched else page.object_list)
    page.object_list = (
        watched[max(page.start_index() - 1, 0) : page.end_index()] if is_watched else watched
    )
    looked = scan_scope(Volume.objects.live().filter(environment__in=watched))
    cards = _cards(page.object_list, are_few=looked.most is None)
    context = _sections(request.user, cards) | {
        "page": page,
        "attention": attention(watched, caller, most=LINES, each=NAMED, looked=looked),
        "attention_is_of_page": not is_watched,
    }
    return render(request, "console/overview.html", context)


def _sections(person: User, cards: list[Card]) -> dict[str, Any]:
    """Return the companies of these cards, and a page of those without environments."""
    shown = {card.environment.company_id for card in cards}
    empty = ~Exists(Environment.objects.live().filter(company=OuterRef("company")))
    mine = Membership.objects.filter(user=person)
    found: list[Any] = list(
        mine.filter(Q(company__in=shown) | empty)
        .annotate(may_make=Exists(mine.admins()))
        .select_related("company")
        .order_by(Case(When(company__in=shown, then=0), default=1), "company__name")[
            : len(shown) + CARDS_PER_PAGE + 1
        ]
    )
    places = sorted(found[: len(shown) + CARDS_PER_PAGE], key=lambda place: place.company.name)
    return {
        "sections": [
            Section(place, [one for one in cards if one.environment.company_id == place.company_id])
            for place in places
        ],
        "is_cut": len(found) > len(places),
        "may_make": any(place.may_make for place in places),
    }


def _cards(environments: Iterable[Environment], *, are_few: bool) -> list[Card]:
    """Return cards with counts, made by one query. With `are_few`, exact counts are affordable."""
    known = {environment.pk: environment for environment in environments}
    figures = _exactly(known) if are_few else _up_to_a_number(known.values())
    return [_card(environment, figures[pk]) for pk, environment in known.items()]


def _exactly(environments: Iterable[UUID]) -> dict[UUID, Figures]:
    figures: dict[UUID, Figures] = {pk: {"used": None} for pk in environments}
    counted = Volume.objects.live().filter(environment__in=figures).order_by()
    sums = counted.values_list("environment", "status").annotate(Count("pk"), Sum("used_size"))
    for pk, status, count, used in sums:
        sizes = [size for size in (figures[pk]["used"], used) if size is not None]
        figures[pk] |= {status: count, "used": sum(sizes) if sizes else None}
    return figures


def _up_to_a_number(environments: Iterable[Environment]) -> dict[UUID, Figures]:
    first, *others = map(_counted, environments)
    return {row["pk"]: row for row in first.union(*others, all=True)}


def _counted(environment: Environment) -> QuerySet[Environment, Any]:
    """Return counts with a constant environment: for an outer row's, PostgreSQL cannot estimate rows."""
    live = environment.volumes.live()
    counts = {
        status: capped_count_of(live.filter(status=status), limits.MAX_CARD_VOLUMES)
        for status in IN_WORDS
    }
    return Environment.objects.filter(pk=environment.pk).values(
        "pk",
        used=sum_used(live, limits.MAX_CARD_VOLUMES),
        seen=capped_count_of(live, limits.MAX_CARD_VOLUMES),
        **counts,
    )


def _card(environment: Environment, figures: Figures) -> Card:
    most = limits.MAX_CARD_VOLUMES if "seen" in figures else None
    return Card(
        environment=environment,
        room=QuotaHeadroom(environment),
        used=figures["used"],
        tallies=[
            StatusCount(kind, status, words, format_count(figures[status], most))
            for status, (kind, words) in IN_WORDS.items()
            if figures.get(status)
        ],
        is_cut=figures.get("seen", 0) > limits.MAX_CARD_VOLUMES,
    )
