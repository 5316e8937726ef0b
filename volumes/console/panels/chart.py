"""The chart of usage over time. All lengths are computed here, so that the page needs no script.

Horizontal positions are percent of the width, vertical ones pixels: the chart stretches, its text does
not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from volumes.console.panels.scale import Scale, scale
from volumes.models import UsageSample
from volumes.presentation import formatting
from volumes.queries import forecast

TOP, HEIGHT = 22, 180
POINTS, ROWS = 200, 31
AHEAD = 0.5
"""Longest projection as a fraction of the measured time."""


@dataclass(frozen=True)
class Mark:
    """A label at a grid line, a day or a point. `anchor` is SVG's text-anchor."""

    x: float
    y: float
    words: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class Chart:
    """The data for the template. Paths are in a field of 100 by `height`, `top` below the edge."""

    used: str
    size: str
    grid: list[Mark]
    days: list[Mark]
    size_mark: Mark
    last: Mark
    projection: Mark | None
    """The end of the dashed line. It has no label if the volume is full only beyond the chart."""
    rows: list[UsageSample]
    """The samples for the table, newest first."""

    top = TOP
    height = HEIGHT
    bottom = TOP + HEIGHT
    days_at = TOP + HEIGHT + 22
    whole = TOP + HEIGHT + 30

    @property
    def area(self) -> str:
        return f"{self.used}L{self.last.x:g} {HEIGHT}L0 {HEIGHT}Z"


def chart(samples: Sequence[UsageSample], size: int, full_at: datetime | None) -> Chart | None:
    """Return the chart, or None if there are too few samples for a line."""
    if len(samples) < 2 or samples[0].at == samples[-1].at:
        return None
    shown = forecast.downsample(samples, POINTS)
    last = shown[-1]
    ahead = full_at if full_at and full_at > last.at else None
    peak = max(size, *(sample.used_size for sample in shown))
    field = scale(first=shown[0].at, end=_end(shown, ahead), height=HEIGHT, size=size, peak=peak)
    points = (f"{field.x(one.at):g} {field.y(one.used_size):g}" for one in shown)
    return Chart(
        used="M" + "L".join(points),
        size=_size_step_path(field, shown, size),
        grid=[Mark(0, TOP + y, name) for y, name in field.lines()],
        days=_days(field, shown[0].at, last.at),
        size_mark=_size_mark(field, shown, size),
        last=Mark(field.x(last.at), TOP + field.y(last.used_size)),
        projection=_projection(field, last, size, ahead) if ahead else None,
        rows=forecast.downsample(shown, ROWS)[::-1],
    )


def _end(samples: Sequence[UsageSample], full_at: datetime | None) -> datetime:
    """Return the end of the time axis: a little after the full date, but within AHEAD."""
    last = samples[-1].at
    if full_at is None:
        return last
    return last + min((full_at - last) * 1.25, (last - samples[0].at) * AHEAD)


def _size_step_path(field: Scale, samples: Sequence[UsageSample], size: int) -> str:
    """Return the path of the size, with a step at each growth."""
    before, path = samples[0].size, f"M0 {field.y(samples[0].size):g}"
    steps = [(sample.at, sample.size) for sample in samples] + [(samples[-1].at, size)]
    for at, after in steps:
        if after != before:
            path += f"H{field.x(at):g}V{field.y(after):g}"
            before = after
    return f"{path}H100"


def _size_mark(field: Scale, samples: Sequence[UsageSample], size: int) -> Mark:
    """Return the label above the line of the present size, after its last step."""
    last_smaller = max((n for n, one in enumerate(samples) if one.size != size), default=-1)
    since = samples[min(last_smaller + 1, len(samples) - 1)].at
    x = field.x(since)
    anchor = "end" if x > 50 else "start"
    return Mark(x, TOP + field.y(size) - 6, f"size {formatting.size(size)}", anchor)


def _days(field: Scale, first: datetime, last: datetime) -> list[Mark]:
    """Return labels of the first and last sample and of two times in between."""
    span = last - first
    say = _hour if span < timedelta(days=3) else _day
    marks = [Mark(field.x(at), 0, say(at)) for at in (first + span / 3, first + span * 2 / 3)]
    is_new = timezone.now() - last < timedelta(hours=36)
    name = "today" if is_new and say is _day else say(last)
    at_edge = field.x(last) > 92
    return [
        Mark(0, 0, say(first), "start"),
        *marks,
        Mark(field.x(last), 0, name, "end" if at_edge else "middle"),
    ]


def _projection(field: Scale, last: UsageSample, size: int, full_at: datetime) -> Mark:
    if full_at <= field.end:
        x = field.x(full_at)
        anchor = "end" if x > 85 else "middle"
        return Mark(x, TOP + field.y(size), f"full {_day(full_at)}", anchor)
    part = (field.end - last.at) / (full_at - last.at)
    return Mark(100, TOP + field.y(last.used_size + (size - last.used_size) * part))


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b}"


def _hour(at: datetime) -> str:
    return f"{at:%H:%M}"
