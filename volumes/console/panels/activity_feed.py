"""The activity of a company, filtered by the address, newest first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property

from accounts.disclosure import disclose
from accounts.models import Company, Revision, Subject
from config import limits
from config.pagination import CappedPaginator, iterate_in_batches
from config.searches import filter_value
from volumes.models import Environment, Volume, VolumeStatus
from volumes.presentation import timeline

BATCH_ROWS = 500
INTERFACES = {"session": "The console", "admin": "The administration", "command": "A command"}


@dataclass(frozen=True)
class Step:
    """One line: the entry, its environment, and the link to its volume if that still has a page."""

    entry: timeline.Entry
    place: str
    link: str


class ActivityFeed:
    """The activity of one company, or of one of its environments."""

    def __init__(
        self, company: Company, query: QueryDict, environment: Environment | None = None
    ) -> None:
        self.company, self.within = company, environment
        self.person = filter_value(query.get("person", ""))
        self.token = filter_value(query.get("token", ""))
        self.action = filter_value(query.get("action", ""))
        self.environment = (
            str(environment.pk) if environment else filter_value(query.get("environment", ""))
        )
        self.number = query.get("page", "1")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.person or self.token or self.action or self.environment)

    @property
    def revisions(self) -> QuerySet[Revision]:
        """Return the filtered revisions. Unlike in lists of volumes, an invalid value finds nothing."""
        found = Revision.objects.filter(company=self.company)
        if self.person:
            found = found.filter(by=self.person)
        if self.token:
            found = found.filter(via=self.token)
        if self.action:
            found = found.filter(action=self.action)
        if self.environment:
            known = {str(pk): pk for pk in self._environments}
            at = known.get(self.environment)
            found = found.filter(environment_id=at) if at else found.none()
        return found.order_by("-id")

    @cached_property
    def page(self) -> Page[Revision]:
        page: Page[Revision] = CappedPaginator(self.revisions, limits.PAGE_SIZE).get_page(
            self.number
        )
        page.object_list = list(page.object_list)
        return page

    @property
    def steps(self) -> list[Step]:
        return self._told(list(self.page))

    def batches(self) -> Iterator[list[Step]]:
        """Return all lines in batches, so that no cursor stays open during a download."""
        return map(self._told, iterate_in_batches(self.revisions, BATCH_ROWS, by="-id"))

    @cached_property
    def people(self) -> list[tuple[str, str]]:
        """Return all users with recent changes, former members included."""
        named = timeline.people(by for by, _, _ in self._seen)
        return sorted(named.items(), key=lambda one: one[1])

    @property
    def tokens(self) -> list[tuple[str, str]]:
        vias = {via for _, via, _ in self._seen}
        interfaces = [(via, INTERFACES[via]) for via in INTERFACES if via in vias]
        tokens = sorted(via for via in vias if via.startswith("token:"))
        return interfaces + [(via, f"Token {via.removeprefix('token:')}") for via in tokens]

    @property
    def actions(self) -> list[tuple[str, str]]:
        seen = {action for _, _, action in self._seen}
        return sorted(((one, _title(one)) for one in seen), key=lambda one: one[1])

    @property
    def environments(self) -> list[tuple[str, str]]:
        named = sorted(self._environments.items(), key=lambda one: one[1])
        return [(str(pk), name) for pk, name in named]

    @cached_property
    def _seen(self) -> set[tuple[str, str, str]]:
        """Return (by, via, action) of the newest changes and of the shown ones."""
        seen = Revision.objects.filter(company=self.company)
        most = limits.MAX_SEEN_CHANGES
        if last := seen.order_by("-id").values_list("id", flat=True)[most - 1 : most]:
            seen = seen.filter(id__gte=last[0])
        shown = {(one.by, one.via, one.action) for one in self.page}
        return shown | set(seen.order_by().values_list("by", "via", "action").distinct())

    @cached_property
    def _environments(self) -> dict[uuid.UUID, str]:
        """Return the environments, deleted ones included: their history remains."""
        if self.within:
            return {self.within.pk: self.within.name}
        return dict(self.company.environments.values_list("pk", "name"))

    def _told(self, revisions: list[Revision]) -> list[Step]:
        ids = [one.subject_id for one in revisions if one.subject == Subject.VOLUME]
        kept = Volume.objects.filter(pk__in=ids, environment__is_deleted=False)
        there = kept.exclude(status=VolumeStatus.DELETED).values_list("pk", "environment_id")
        links = {str(pk): reverse("volume", args=[at, pk]) for pk, at in there}
        return [
            Step(entry, self._place(entry.revision), links.get(entry.revision.subject_id, ""))
            for entry in timeline.entries([disclose(one) for one in revisions])
        ]

    def _place(self, revision: Revision) -> str:
        if revision.environment_id is None:
            return ""
        return self._environments.get(revision.environment_id, "")


def _title(action: str) -> str:
    verb = timeline.VERBS.get(action, action.replace("_", " "))
    return verb.removesuffix(" of").removesuffix(" for").capitalize()
