"""Reading the samples: thinned for an answer, and where they lead."""

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
    """All of a usage sample that a line is drawn through."""

    at: datetime
    used_size: int


FAR = timedelta(days=3650)
LATELY = timedelta(days=30)


def downsample(samples: Sequence[Item], most: int) -> list[Item]:
    """At most `most` of them, evenly spread, the first and the last among them."""
    if len(samples) <= most:
        return list(samples)
    stride = (len(samples) - 1) / (most - 1)
    return [samples[round(place * stride)] for place in range(most)]


def projected_full_at(samples: Sequence[UsageSample | Sample], size: int) -> datetime | None:
    """When a straight line through the samples reaches `size` MB.

    None where it never does: not growing, fewer than three samples, or more than ten years away.
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
    if seconds > FAR.total_seconds():
        return None
    # Already past it by the line: full now, as far as the line can tell.
    return last + timedelta(seconds=max(0.0, seconds))


def full_dates(volumes: Collection[Volume]) -> dict[uuid.UUID, datetime | None]:
    """When each of these is full, by its samples of the last 30 days. One query for all of them."""
    if not volumes:
        return {}
    samples: dict[uuid.UUID, list[Sample]] = defaultdict(list)
    lately = UsageSample.objects.filter(volume__in=volumes, at__gte=Now() - LATELY)
    columns = ("volume_id", *Sample._fields)
    for volume, *sample in lately.order_by("volume_id", "at").values_list(*columns):
        samples[volume].append(Sample(*sample))
    return {volume.pk: projected_full_at(samples[volume.pk], volume.size) for volume in volumes}
