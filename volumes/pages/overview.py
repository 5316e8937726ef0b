"""The start: the environments that one may see, and what needs attention in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, When
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.guards import SignedInRequest, signed_in
from accounts.long_lists import LongPaginator
from accounts.models import Membership, User
from volumes.models import Environment, Volume, VolumeStatus
from volumes.pages.attention import attention
from volumes.pages.doors import caller_of
from volumes.pages.newest import count_of, used_by
from volumes.rules.quota import Room

ON_A_PAGE = 24
COUNTED = 5_000
"""So many volumes of each status a card counts, and sums what so many of the newest use."""
WATCHED = 100
"""Whoever sees more environments is told of each page what needs attention there."""
LINES = 8
NAMED = 3

IN_WORDS = {
    VolumeStatus.ERROR: ("bad", "in error"),
    VolumeStatus.PENDING: ("moving", "being made"),
    VolumeStatus.RESIZING: ("moving", "growing"),
    VolumeStatus.READY: ("good", "ready"),
}
"""Each status with its icon, in the order in which it matters."""


@dataclass(frozen=True)
class Tally:
    kind: str
    status: str
    words: str
    count: int


@dataclass(frozen=True)
class Card:
    """One environment at a glance."""

    environment: Environment
    room: Room
    used: int | None
    tallies: list[Tally]
    is_cut: bool
    counted: int


@dataclass(frozen=True)
class Section:
    """One company, and how this person belongs to it."""

    place: Membership
    cards: list[Card]


@require_safe
@gzip_page
@signed_in
def overview(request: SignedInRequest) -> HttpResponse:
    caller = caller_of(request)
    visible = Environment.objects.live().visible_to(caller).select_related("company")
    visible = visible.order_by("company__name", "name")
    page = LongPaginator(visible, ON_A_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    is_watched = page.paginator.count <= WATCHED
    watched = visible if is_watched and page.has_other_pages() else page.object_list
    context = _sections(request.user, _cards(page.object_list)) | {
        "page": page,
        "attention": attention(watched, caller, most=LINES, each=NAMED),
        "attention_is_of_page": not is_watched,
    }
    return render(request, "console/overview.html", context)


def _sections(person: User, cards: list[Card]) -> dict[str, Any]:
    """The companies of these cards, and as many as fit a page of those without any environment."""
    shown = {card.environment.company_id for card in cards}
    empty = ~Exists(Environment.objects.live().filter(company=OuterRef("company")))
    mine = Membership.objects.filter(user=person)
    found: list[Any] = list(
        mine.filter(Q(company__in=shown) | empty)
        .annotate(may_make=Exists(mine.admins()))
        .select_related("company")
        .order_by(Case(When(company__in=shown, then=0), default=1), "company__name")[
            : len(shown) + ON_A_PAGE + 1
        ]
    )
    places = sorted(found[: len(shown) + ON_A_PAGE], key=lambda place: place.company.name)
    return {
        "sections": [
            Section(place, [one for one in cards if one.environment.company_id == place.company_id])
            for place in places
        ],
        "is_cut": len(found) > len(places),
        "may_make": any(place.may_make for place in places),
    }


def _cards(environments: Iterable[Environment]) -> list[Card]:
    """Their volumes are counted by one query for all of them."""
    known = {environment.pk: environment for environment in environments}
    live = Volume.objects.live().filter(environment=OuterRef("pk"))
    counts = {status: count_of(live.filter(status=status), COUNTED) for status in IN_WORDS}
    found = Environment.objects.filter(pk__in=known).values(
        "pk", used=used_by(live, COUNTED), volume_count=count_of(live, COUNTED), **counts
    )
    figures = {row["pk"]: row for row in found}
    return [_card(environment, figures[pk]) for pk, environment in known.items()]


def _card(environment: Environment, figures: Mapping[str, Any]) -> Card:
    return Card(
        environment=environment,
        room=Room(environment),
        used=figures["used"],
        tallies=[
            Tally(kind, status, words, figures[status])
            for status, (kind, words) in IN_WORDS.items()
            if figures[status]
        ],
        is_cut=figures["volume_count"] > COUNTED,
        counted=COUNTED,
    )
