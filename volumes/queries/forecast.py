"""Usage samples: downsample them for a response, and project when a volume is full."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from django.db.models.functions import Now

from volumes.models import UsageSample, Volume

Item = TypeVar("Item")


class Sample(NamedTuple):
    """The part of a usage sample that a projection needs."""

    at: datetime
    used_size: int


MAX_PROJECTION = timedelta(days=3650)
RECENT = timedelta(days=30)


def downsample(samples: Sequence[Item], most: int) -> list[Item]:
    """Return at most `most` samples, evenly spread, the first and the last included."""
    if len(samples) <= most:
        return list(samples)
    stride = (len(samples) - 1) / (most - 1)
    return [samples[round(place * stride)] for place in range(most)]


def projected_full_at(samples: Sequence[UsageSample | Sample], size: int) -> datetime | None:
    """Return when a straight line through the samples reaches `size` MB (MiB).

    Returns None if usage does not grow, for fewer than three samples, or beyond ten years.
    """
    if len(samples) < 3:
        return None
    start = samples[0].at
    times = [(sample.at - start).total_seconds() for sample in samples]
    used = [float(sample.used_size) for sample in samples]
    mean_time, mean_used = sum(times) / len(times), sum(used) / len(used)
    spread = sum((time - mean_time) ** 2 for time in times)
    if not spread:
        return None
    slope = (
        sum((time - mean_time) * (use - mean_used) for time, use in zip(times, used, strict=True))
        / spread
    )
    if slope <= 0:
        return None
    last = samples[-1].at
    seconds = mean_time + (size - mean_used) / slope - (last - start).total_seconds()
    if seconds > MAX_PROJECTION.total_seconds():
        return None
    # If the line is already past the size, the volume counts as full at its last sample.
    return last + timedelta(seconds=max(0.0, seconds))


def full_dates(volumes: Collection[Volume]) -> dict[uuid.UUID, datetime | None]:
    """Return when each volume is full, by its samples of the last 30 days. Makes one query."""
    if not volumes:
        return {}
    samples: dict[uuid.UUID, list[Sample]] = defaultdict(list)
    recent = UsageSample.objects.filter(volume__in=volumes, at__gte=Now() - RECENT)
    columns = ("volume_id", *Sample._fields)
    for volume, *sample in recent.order_by("volume_id", "at").values_list(*columns):
        samples[volume].append(Sample(*sample))
    return {volume.pk: projected_full_at(samples[volume.pk], volume.size) for volume in volumes}
