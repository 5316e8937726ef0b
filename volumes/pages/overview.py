"""The start: the environments that one may see, and what needs attention in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Case, Count, Exists, OuterRef, Q, Sum, When
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.guards import SignedInRequest, signed_in
from accounts.models import Membership, User
from volumes.models import Environment, Volume, VolumeStatus
from volumes.pages.attention import attention
from volumes.pages.doors import caller_of
from volumes.rules.quota import Room

ON_A_PAGE = 24
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
    volume_count: int
    tallies: list[Tally]


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
    page = Paginator(visible, ON_A_PAGE).get_page(request.GET.get("page"))
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
    environments = list(environments)
    found: dict[UUID, list[Any]] = defaultdict(list)
    counted = Volume.objects.live().filter(environment__in=environments).order_by()
    for row in counted.values("environment_id", "status").annotate(
        count=Count("pk"), used=Sum("used_size")
    ):
        found[row["environment_id"]].append(row)
    return [_card(environment, found[environment.pk]) for environment in environments]


def _card(environment: Environment, rows: list[Any]) -> Card:
    counts = {row["status"]: row["count"] for row in rows}
    measured = [row["used"] for row in rows if row["used"] is not None]
    return Card(
        environment=environment,
        room=Room(environment),
        used=sum(measured) if measured else None,
        volume_count=sum(counts.values()),
        tallies=[
            Tally(kind, status, words, counts[status])
            for status, (kind, words) in IN_WORDS.items()
            if status in counts
        ],
    )
