"""An environment's volumes as the address asks for them: filtered, sorted, 50 a page."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, OrderBy
from django.db.models.expressions import Combinable
from django.http import QueryDict

from volumes import filters
from volumes.models import Attachment, Environment, Volume, VolumeStatus
from volumes.pages import words
from volumes.pages.troubles import FULLNESS, TROUBLES
from volumes.querysets import VolumeQuerySet

ON_A_PAGE = 50
LABELS_OFFERED = 100
SETS_LOOKED_AT = 500

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


class Listing:
    """What an unknown value would mean is not guessed: it filters nothing, and the form shows that."""

    def __init__(self, environment: Environment, query: QueryDict, *, live: int) -> None:
        """`live`: how many volumes the environment has, which is not counted again."""
        self.environment, self.live = environment, live
        self.name = query.get("name", "").strip()
        self.status = _one_of(query.get("status"), [*STATUSES, DELETED])
        self.attached = _one_of(query.get("attached"), MOUNTED)
        self.label = query.get("label", "") if filters.read_label(query.get("label", "")) else ""
        sort = query.get("sort", "")
        self.sort = sort if sort.removeprefix("-") in SORTS else "name"
        self.number = query.get("page", "1")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.name or self.status or self.attached or self.label)

    @property
    def rows(self) -> VolumeQuerySet:
        volumes: VolumeQuerySet = self.environment.volumes.all()
        most = self.live
        if self.status == DELETED:
            most = filters.LOOKED_AT  # nobody has counted those
            # What can still be brought back, and what the storage would not let go of.
            found = volumes.filter(is_deleted=True).exclude(status=VolumeStatus.DELETED)
        else:
            found = _with_status(volumes.live(), self.status)
        if self.name:
            found = filters.named_like(found, self.name, of=most)
        if self.attached:
            found = filters.mounted(found, self.attached == "true")
        if self.label:
            found = filters.labelled(found, *(filters.read_label(self.label) or ("", "")))
        return found

    @cached_property
    def page(self) -> Page[Volume]:
        paginator = Paginator(self.rows.order_by(*self._order()), ON_A_PAGE)
        if not self.is_narrowed:
            paginator.count = self.live
        page: Page[Volume] = paginator.get_page(self.number)
        page.object_list = _with_their_mounts(list(page.object_list))
        return page

    @property
    def is_moving(self) -> bool:
        """Whether it is worth looking again in a moment."""
        return any(words.state(volume).is_moving for volume in self.page)

    @cached_property
    def labels(self) -> list[str]:
        """The pairs to choose from: the commonest of them, by the commonest sets; and the chosen one."""
        counted: Counter[str] = Counter()
        live = self.environment.volumes.live().exclude(labels={})
        sets = live.values_list("labels").annotate(count=Count("pk")).order_by("-count")
        for labels, count in sets[:SETS_LOOKED_AT]:
            counted.update({f"{key}:{value}": count for key, value in labels.items()})
        chosen = {self.label} if self.label else set()
        return sorted({label for label, _ in counted.most_common(LABELS_OFFERED)} | chosen)

    @property
    def statuses(self) -> list[tuple[str, str]]:
        return [*STATUSES.items(), (DELETED, "Deleted, not gone yet")]

    @property
    def mountings(self) -> list[tuple[str, str]]:
        return list(MOUNTED.items())

    def _order(self) -> list[OrderBy]:
        column: Any = SORTS[self.sort.removeprefix("-")]
        down = self.sort.startswith("-")
        first = column.desc(nulls_last=True) if down else column.asc(nulls_last=True)
        # Names repeat among deleted volumes only.
        return [first, F("name").asc(), F("pk").asc()]


def _with_their_mounts(volumes: list[Volume]) -> list[Volume]:
    """Each with `mounted_by`, the names of its applications. One query for all of them."""
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
            return volumes.filter(trouble.has)
    return volumes.filter(status=status) if status else volumes


def _one_of(value: str | None, known: object) -> str:
    return value if value and value in known else ""  # type: ignore[operator]
