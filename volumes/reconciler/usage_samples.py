"""Usage samples: how full each volume is, as `du` counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from volumes.backends import BackendError, Measurement, Unreadable
from volumes.backends.texts import cut
from volumes.models import UsageSample, Volume
from volumes.reconciler.rounds import Rounds
from volumes.storage import storage

MIB = 2**20


def sample_usage(volume: Volume) -> None:
    """Take one sample of the volume, and thin its old ones.

    Raises BackendError if it cannot be measured. Then the row records the reason and keeps its last
    sample.
    """
    _save_next(volume, storage().measurements([str(volume.pk)]))


def _plan(volumes: list[Volume]) -> Iterator[Callable[[], object]]:
    """Return the work of measuring these volumes: the storage sees them as one batch."""
    measurements = storage().measurements([str(volume.pk) for volume in volumes])
    return (partial(_save_next, volume, measurements) for volume in volumes)


def _save_next(
    volume: Volume, measurements: Iterator[tuple[str, Measurement | Unreadable]]
) -> None:
    """Measure the volume, which is the next one of `measurements`, and save the result."""
    _, measured = next(measurements)
    if isinstance(measured, Unreadable):
        _save_failure(volume, measured.error)
        raise measured.error
    _save(volume, measured)


def _save(volume: Volume, measured: Measurement) -> None:
    now, used = timezone.now(), -(-measured.used // MIB)
    with transaction.atomic():
        # No new version: a measurement is no change by a user.
        values = {
            "used_size": used,
            "used_size_at": now,
            "was_empty": measured.is_empty,
            **_MEASURED,
        }
        if not Volume.objects.live().filter(pk=volume.pk).update(**values):
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
    """Take one sample of each volume with data.

    Returns the number of samples, and a sentence for each volume that could not be measured. Raises
    StorageUnavailable.
    """
    volumes = Volume.objects.with_data()
    rounds = Rounds(volumes, _plan, stop=stop, is_due=is_due, on_done=on_sampled)
    rounds.run()
    return rounds.done, rounds.collector.unreadable


def _save_failure(volume: Volume, error: BackendError) -> None:
    Volume.objects.live().filter(pk=volume.pk).update(
        unmeasured_since=Coalesce("unmeasured_since", timezone.now()),
        unmeasured_reason=cut(error.message, 500),
        unmeasured_detail=cut(error.detail, 2000),
    )


def _thin(volume: Volume) -> None:
    """Keep every sample of a week, one an hour for a month, one a day for 366 days."""
    now = timezone.now()
    samples = volume.samples.order_by("at")
    samples.filter(at__lt=now - timedelta(days=366)).delete()
    seen: set[tuple[object, ...]] = set()
    surplus = []
    for pk, at in samples.filter(at__lt=now - timedelta(days=7)).values_list("pk", "at"):
        is_recent = at > now - timedelta(days=31)
        slot = (at.date(), at.hour) if is_recent else (at.date(),)
        surplus += [pk] if slot in seen else []
        seen.add(slot)
    UsageSample.objects.filter(pk__in=surplus).delete()
