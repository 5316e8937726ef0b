"""The volumes of an environment, filtered and sorted by the address, 50 a page."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.paginator import Page
from django.db.models import Count, F, OrderBy, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.functional import cached_property

from config import limits
from config.pagination import CappedPaginator
from config.searches import search_text
from volumes.console.scan_scope import ScanScope
from volumes.models import Attachment, Environment, Volume, VolumeStatus
from volumes.models.volume import VolumeQuerySet
from volumes.presentation import formatting
from volumes.presentation.alerts import FULLNESS, TROUBLES
from volumes.queries import search

STATUSES = {"ready": "Ready", "pending": "Making", "resizing": "Growing"} | {
    trouble.key: trouble.title for trouble in TROUBLES
}
DELETED = "deleted"
MOUNTED = {"true": "Mounted", "false": "Not mounted"}
SORTS: dict[str, Combinable] = {
    "name": F("name"),
    "status": F("status"),
    "used": FULLNESS,
    "path": F("mount_path"),
    "changed": F("modified_at"),
}
INDEXED = "name"
UNINDEXED = {trouble.key for trouble in TROUBLES} - {VolumeStatus.ERROR}
"""Alerts that no index supports."""


class Listing:
    """A list of volumes. An unknown value of a filter is ignored, and the form shows that."""

    def __init__(
        self, environment: Environment, query: QueryDict, *, live: int, looked: ScanScope
    ) -> None:
        """`live` is the number of the environment's volumes, which is not counted again.

        `looked` limits filters and sort orders that no index supports.
        """
        self.environment, self.live, self.looked = environment, live, looked
        self.name = search_text(query.get("name", ""))
        self.status = _one_of(query.get("status"), [*STATUSES, DELETED])
        self.attached = _one_of(query.get("attached"), MOUNTED)
        self.label = query.get("label", "") if search.read_label(query.get("label", "")) else ""
        sort = query.get("sort", "")
        self.sort = sort if sort.removeprefix("-") in SORTS else "name"
        self.number = query.get("page", "1")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.name or self.status or self.attached or self.label)

    @property
    def looked_through(self) -> int | None:
        """Return the number of newest volumes that are listed, besides unsettled ones; None for all."""
        if self.status == DELETED:
            return None
        is_found = not self.attached and self.status not in UNINDEXED
        is_in_order = self.sort.removeprefix("-") == INDEXED
        return None if is_found and is_in_order else self.looked.most

    @property
    def rows(self) -> VolumeQuerySet:
        volumes: VolumeQuerySet = self.environment.volumes.all()
        most = self.live
        if self.status == DELETED:
            most = limits.SAMPLE_ROWS  # nobody has counted those
            # Volumes that can be restored, and those whose data could not be removed.
            gone = volumes.filter(is_deleted=True).unsettled()
            found = gone.exclude(status=VolumeStatus.DELETED)
        else:
            live = self.looked.volumes if self.looked_through else volumes.live()
            found = _with_status(live, self.status)
        if self.name:
            found = search.name_contains(found, self.name, of=most)
        if self.attached:
            is_mounted = Q(search.as_case(search.is_mounted()))
            found = found.filter(is_mounted if self.attached == "true" else ~is_mounted)
        if self.label:
            found = search.filter_labelled(found, *(search.read_label(self.label) or ("", "")))
        return found

    @cached_property
    def page(self) -> Page[Volume]:
        paginator = CappedPaginator(self.rows.order_by(*self._order()), limits.PAGE_SIZE)
        if not (self.is_narrowed or self.looked_through):
            paginator.found = self.live
        page: Page[Volume] = paginator.get_page(self.number)
        page.object_list = _with_their_mounts(list(page.object_list))
        return page

    @property
    def is_in_progress(self) -> bool:
        """Return whether a volume will change soon, so that the page refreshes."""
        return any(formatting.state(volume).is_in_progress for volume in self.page)

    @cached_property
    def labels(self) -> list[str]:
        """Return the labels to choose from: the most frequent ones, and the selected one."""
        counted: Counter[str] = Counter()
        live = self.looked.volumes.exclude(labels={})
        sets = live.values_list("labels").annotate(count=Count("pk")).order_by("-count")
        for labels, count in sets[: limits.MAX_LABEL_SETS]:
            counted.update({f"{key}:{value}": count for key, value in labels.items()})
        chosen = {self.label} if self.label else set()
        return sorted(
            {label for label, _ in counted.most_common(limits.MAX_LABEL_CHOICES)} | chosen
        )

    @property
    def statuses(self) -> list[tuple[str, str]]:
        return [*STATUSES.items(), (DELETED, "Deleted, not gone yet")]

    @property
    def mountings(self) -> list[tuple[str, str]]:
        return list(MOUNTED.items())

    def _order(self) -> list[OrderBy]:
        key = self.sort.removeprefix("-")
        column: Any = SORTS[key]
        if self.looked_through:
            # An expression without index: otherwise the planner would walk one to find the newest.
            column = Coalesce(column, column)
        # The index has no nulls. With a position for nulls, the planner would not use it.
        nulls_last = None if key == INDEXED else True
        down = self.sort.startswith("-")
        first = column.desc(nulls_last=nulls_last) if down else column.asc(nulls_last=nulls_last)
        # Names repeat among deleted volumes only.
        return [first, F("name").asc(), F("pk").asc()]


def _with_their_mounts(volumes: list[Volume]) -> list[Volume]:
    """Set `mounted_by`, the names of the applications, on each volume. Makes one query."""
    names: dict[Any, list[str]] = {volume.pk: [] for volume in volumes}
    mounts = Attachment.objects.filter(volume__in=list(names)).order_by("application__name")
    for pk, name in mounts.values_list("volume_id", "application__name"):
        names[pk].append(name)
    for volume in volumes:
        volume.mounted_by = names[volume.pk]  # type: ignore[attr-defined]
    return volumes


def _with_status(volumes: VolumeQuerySet, status: str) -> VolumeQuerySet:
    for trouble in TROUBLES:
        if trouble.key == status:
            return volumes.filter(trouble.condition)
    return volumes.filter(status=status) if status else volumes


def _one_of(value: str | None, known: object) -> str:
    return value if value and value in known else ""  # type: ignore[operator]
