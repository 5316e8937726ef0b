"""Check that the history of each volume leads, change by change, to its row.

It begins with the first version or, once it was pruned, with what the pruned entries led to.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from accounts.models import Revision, Subject
from config import limits
from config.pagination import iterate_in_batches
from volumes.models import HistoryBaseline, Volume
from volumes.specs.volume import STORED_FIELDS
from volumes.verification.invariants import Invariant, Violation

COLUMNS = {**{field.name: field.column for field in STORED_FIELDS}, "isDeleted": "is_deleted"}
"""The columns that the history records, by their names there."""
DEFAULTS = {field.attname: field.get_default() for field in Volume._meta.concrete_fields}
"""What a volume got of a column that was added after its creation: no entry names it."""


class Story:
    """Replays the history of one volume, from its beginning to the version of its row."""

    def __init__(self, volume: Any, baseline: HistoryBaseline) -> None:
        self.volume = volume
        self.beginning = self.version = self.newest = baseline.version
        self.state: dict[str, Any] = {"isDeleted": False} | baseline.state

    def tell(self, entry: Any) -> Iterator[Violation]:
        if entry.version <= self.beginning:
            yield self.wrong(
                Invariant.VERSIONS, f"version {entry.version} is told, although it was pruned"
            )
            return
        self.newest = entry.version
        if self.newest > self.volume.version:
            return  # newer than the row that was read; _ahead() reads the row again
        if entry.environment_id != self.volume.environment_id:
            yield self.wrong(Invariant.TENANTS, "a change of it is told in another environment")
        if self.newest != self.version + 1:
            yield self.wrong(
                Invariant.VERSIONS, f"between versions {self.version} and {self.newest} is a gap"
            )
        self.version = self.newest
        for field, (before, after) in entry.changes.items():
            if self.state.get(field, before) != before:
                yield self.wrong(
                    Invariant.VERSIONS,
                    f"version {self.version} changed {field} from {before!r}, which it was not",
                )
            if field == "size" and before is not None and after < before:
                yield self.wrong(Invariant.SIZES, f"its size fell from {before} to {after} MB")
            self.state[field] = after

    def end(self) -> Iterator[Violation]:
        """Compare the replayed state with the row, unless that is older: then see _ahead()."""
        if self.beginning > self.volume.version:
            return
        if self.version != self.volume.version:
            yield self.wrong(
                Invariant.VERSIONS,
                f"it is at version {self.volume.version}, its history at {self.version}",
            )
            return
        for field, column in COLUMNS.items():
            recorded = self.state.get(field, DEFAULTS[column])
            is_now = getattr(self.volume, column)
            if recorded != is_now:
                yield self.wrong(
                    _violated(field, recorded, is_now),
                    f"{field} is {is_now!r}, its history says {recorded!r}",
                )

    def wrong(self, invariant: Invariant, what: str) -> Violation:
        return Violation(invariant, f"{Volume.prefix}{self.volume.pk} {self.volume.name}: {what}")


def violations() -> Iterator[Violation]:
    for batch in iterate_in_batches(_volumes(), limits.VERIFY_BATCH_ROWS):
        yield from _of_rows(batch)
    yield from _of_rows_that_are_gone()


def _volumes() -> Any:
    columns = ("pk", "environment_id", "version", *COLUMNS.values())
    return Volume.objects.values_list(*columns, named=True)


def _of_rows(page: list[Any]) -> Iterator[Violation]:
    # Read the rows before their history: a row's version is never ahead of its history.
    before = _baselines(page)
    stories = {str(volume.pk): Story(volume, before[volume.pk]) for volume in page}
    found: dict[str, list[Violation]] = {subject: [] for subject in stories}
    for entry in _entries(stories):
        found[entry.subject_id] += stories[entry.subject_id].tell(entry)
    for subject, story in stories.items():
        found[subject] += story.end()
    after = _baselines(page)
    pruned = {pk for pk, baseline in after.items() if baseline.version != before[pk].version}
    stories = {subject: one for subject, one in stories.items() if one.volume.pk not in pruned}
    yield from chain.from_iterable(found[subject] for subject in stories)
    yield from _ahead([story for story in stories.values() if story.newest > story.volume.version])
    if pruned:  # while their history was read
        yield from _of_rows(list(_volumes().filter(pk__in=pruned)))


def _baselines(page: list[Any]) -> dict[uuid.UUID, HistoryBaseline]:
    found = HistoryBaseline.objects.in_bulk([volume.pk for volume in page])
    return {volume.pk: found.get(volume.pk, HistoryBaseline()) for volume in page}


def _ahead(stories: list[Story]) -> Iterator[Violation]:
    """Yield histories that are ahead of their row even if the row is read after them."""
    versions = Volume.objects.in_bulk([story.volume.pk for story in stories])
    for story in stories:
        row = versions.get(story.volume.pk)
        if row is not None and story.newest > row.version:
            yield story.wrong(
                Invariant.VERSIONS,
                f"it is at version {row.version}, its history at {story.newest} already",
            )


def _of_rows_that_are_gone() -> Iterator[Violation]:
    """Check histories without a row: only rows of deleted volumes are ever removed."""
    histories = Revision.objects.filter(subject=Subject.VOLUME)
    named = histories.values_list("subject_id", named=True).distinct()
    for batch in iterate_in_batches(named, limits.VERIFY_BATCH_ROWS, by="subject_id"):
        subjects = [row.subject_id for row in batch]
        known = Volume.objects.filter(pk__in=map(uuid.UUID, subjects)).values_list("pk", flat=True)
        gone = set(subjects) - {str(pk) for pk in known}
        # Read after the rows, so that it contains their deletes.
        last = {entry.subject_id: entry for entry in _entries(gone)}
        for entry in last.values():
            if entry.action != "delete":
                yield Violation(
                    Invariant.CREATES,
                    f"{Volume.prefix}{entry.subject_id} {entry.subject_name}: there is no row, "
                    "and its history tells of no delete",
                )


def _entries(subjects: Iterable[str]) -> Iterator[Any]:
    """Yield the changes with a version, volume by volume."""
    rows = Revision.objects.filter(
        subject=Subject.VOLUME, subject_id__in=list(subjects), version__isnull=False
    )
    columns = ("subject_id", "subject_name", "version", "action", "environment_id", "changes")
    indexed_order = rows.order_by("subject_id", "version")
    return indexed_order.values_list(*columns, named=True).iterator()


def _violated(field: str, recorded: Any, is_now: Any) -> Invariant:
    if field == "isDeleted":
        return Invariant.CREATES if is_now else Invariant.DELETES
    if field == "size" and isinstance(recorded, int) and is_now < recorded:
        return Invariant.SIZES
    return Invariant.VERSIONS
