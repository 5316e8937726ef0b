"""Check relations between rows: names, deletes, tenants. Each check is one statement."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F, Q

from volumes.models import Application, Attachment, Environment, Volume
from volumes.verification.invariants import Invariant, Violation


def violations() -> Iterator[Violation]:
    yield from _names()
    yield from _in_what_was_deleted()
    yield from _across()


def _names() -> Iterator[Violation]:
    for model, place in (
        (Environment, "company"),
        (Application, "environment"),
        (Volume, "environment"),
    ):
        live = model._default_manager.filter(is_deleted=False).order_by()
        for row in live.values(place, "name").annotate(times=Count("pk")).filter(times__gt=1):
            yield Violation(
                Invariant.NAMES,
                f"{model._meta.verbose_name} {row['name']} is there {row['times']} times "
                f"in {place} {row[place]}",
            )


def _in_what_was_deleted() -> Iterator[Violation]:
    mounts = Attachment.objects.filter(Q(volume__is_deleted=True) | Q(application__is_deleted=True))
    for mount in mounts.select_related("volume", "application").iterator():
        yield Violation(
            Invariant.MOUNTS, f"{mount.application.ref} mounts {mount.volume.ref}, one is deleted"
        )
    for model in (Application, Volume):
        live = model._default_manager.filter(is_deleted=False, environment__is_deleted=True)
        for row in live.iterator():
            yield Violation(Invariant.MOUNTS, f"{row.ref} {row} lives in a deleted environment")


def _across() -> Iterator[Violation]:
    mounts = Attachment.objects.exclude(application__environment=F("volume__environment"))
    for mount in mounts.select_related("volume", "application").iterator():
        yield Violation(
            Invariant.TENANTS,
            f"{mount.application.ref} mounts {mount.volume.ref} of another environment",
        )
    filled = Volume.objects.filter(restore_from__isnull=False).exclude(
        environment__company=F("restore_from__volume__environment__company")
    )
    for volume in filled.iterator():
        yield Violation(
            Invariant.TENANTS, f"{volume.ref} {volume} is filled from another company's snapshot"
        )
