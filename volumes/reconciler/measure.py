"""Usage samples: how full each volume is, as `du` would say."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from volumes.backends import BackendError
from volumes.models import UsageSample, Volume
from volumes.storage import storage

log = logging.getLogger("holdfast.reconciler")

MB = 2**20


def measure_all(volumes: Iterable[Volume]) -> tuple[int, int]:
    """One sample for each. Returns (measured, failed)."""
    measured = failed = 0
    for volume in volumes:
        try:
            measure(volume)
            measured += 1
        except BackendError as error:
            log.warning("%s could not be measured: %s", volume.ref, error.detail)
            failed += 1
    return measured, failed


def measure(volume: Volume) -> None:
    """Take one sample, and thin this volume's old ones."""
    backend, handle = storage(), str(volume.pk)
    was_empty = not backend.has_content(handle)
    used = -(-backend.usage(handle) // MB)
    now = timezone.now()
    with transaction.atomic():
        # Without a version: what the machine sees is nobody's change.
        sampled = {"used_size": used, "used_size_at": now, "was_empty": was_empty}
        if not Volume.objects.live().filter(pk=volume.pk).update(**sampled):
            return
        UsageSample.objects.create(volume=volume, at=now, used_size=used, size=volume.size)
        _thin(volume)


def _thin(volume: Volume) -> None:
    """Keeps every sample of a week, one an hour for a month, one a day for a year and a bit."""
    now = timezone.now()
    samples = volume.samples.order_by("at")
    samples.filter(at__lt=now - timedelta(days=366)).delete()
    seen: set[tuple[object, ...]] = set()
    surplus = []
    for pk, at in samples.filter(at__lt=now - timedelta(days=7)).values_list("pk", "at"):
        hourly = at > now - timedelta(days=31)
        slot = (at.date(), at.hour) if hourly else (at.date(),)
        surplus += [pk] if slot in seen else []
        seen.add(slot)
    UsageSample.objects.filter(pk__in=surplus).delete()
