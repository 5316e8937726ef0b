"""The start: every environment that one may see, and what needs attention in any of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.guards import SignedInRequest, signed_in
from accounts.models import Membership, Role
from volumes.models import Environment, Volume, VolumeStatus
from volumes.pages.attention import attention
from volumes.pages.doors import caller_of
from volumes.rules.quota import Room

ON_A_PAGE = 24
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
    places = Membership.objects.filter(user=request.user).select_related("company")
    visible = Environment.objects.live().visible_to(caller).select_related("company")
    environments = list(visible.order_by("company__name", "name"))
    page = Paginator(environments, ON_A_PAGE).get_page(request.GET.get("page"))
    cards = _cards(page.object_list)
    inhabited = {environment.company_id for environment in environments}
    sections = [
        Section(place, [card for card in cards if card.environment.company_id == place.company_id])
        for place in places.order_by("company__name")
    ]
    context = {
        "sections": [one for one in sections if one.cards or one.place.company_id not in inhabited],
        "may_make": any(one.place.role == Role.ADMIN for one in sections),
        "page": page,
        "attention": attention(environments, caller, most=LINES, each=NAMED),
    }
    return render(request, "console/overview.html", context)


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
