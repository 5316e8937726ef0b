"""Usage samples: how full each volume is, as `du` would say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from volumes.backends import BackendError, StorageUnavailable
from volumes.backends.texts import cut
from volumes.models import UsageSample, Volume
from volumes.reconciler.rounds import Rounds
from volumes.storage import storage

MB = 2**20


def sample_usage(volume: Volume) -> None:
    """Take one sample, and thin this volume's old ones.

    Raises BackendError if it cannot be measured; then the row says so, and keeps its last sample.
    """
    backend, handle = storage(), str(volume.pk)
    try:
        was_empty = not backend.has_content(handle)
        used = -(-backend.usage(handle) // MB)
    except StorageUnavailable:
        raise
    except BackendError as error:
        _note_failure(volume, error)
        raise
    now = timezone.now()
    with transaction.atomic():
        # Without a version: what the machine sees is nobody's change.
        sampled = {"used_size": used, "used_size_at": now, "was_empty": was_empty, **_MEASURED}
        if not Volume.objects.live().filter(pk=volume.pk).update(**sampled):
            return
        UsageSample.objects.create(volume=volume, at=now, used_size=used, size=volume.size)
        _thin(volume)


_MEASURED: dict[str, Any] = {
    "unmeasured_since": None,
    "unmeasured_reason": "",
    "unmeasured_detail": "",
}


def sample_all(
    *,
    stop: Event | None = None,
    is_due: Callable[[], bool] = bool,
    on_sampled: Callable[[], object] = int,
) -> tuple[int, list[str]]:
    """One sample of each volume with data.

    Returns how many there were, and what could not be measured and why. Raises StorageUnavailable.
    """
    volumes = Volume.objects.with_data()
    rounds = Rounds(volumes, sample_usage, stop=stop, is_due=is_due, on_done=on_sampled)
    rounds.run()
    return rounds.done, rounds.looking.unreadable


def _note_failure(volume: Volume, error: BackendError) -> None:
    Volume.objects.live().filter(pk=volume.pk).update(
        unmeasured_since=Coalesce("unmeasured_since", timezone.now()),
        unmeasured_reason=cut(error.message, 500),
        unmeasured_detail=cut(error.detail, 2000),
    )


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
