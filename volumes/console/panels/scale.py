"""The scale of a chart: positions of times and sizes, and round numbers for its lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from volumes.presentation import formatting

LINES = 3
STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
HEADROOM = 1.02


@dataclass(frozen=True)
class Scale:
    """Maps times to percent of the width, and sizes to pixels below the highest line."""

    first: datetime
    end: datetime
    height: int
    step: float
    """MB between two lines."""
    factor: int
    unit: str

    def x(self, at: datetime) -> float:
        return round((at - self.first) / (self.end - self.first) * 100, 2)

    def y(self, mb: float) -> float:
        return round(self.height - mb / (self.step * LINES) * self.height, 1)

    def lines(self) -> list[tuple[float, str]]:
        """Return position and label of each line, from the lowest; the highest has the unit."""
        named = [
            (self.step * number, f"{self.step * number / self.factor:g}") for number in range(4)
        ]
        marks = [(self.y(mb), name) for mb, name in named]
        return [*marks[:-1], (marks[-1][0], f"{marks[-1][1]} {self.unit}")]


def scale(*, first: datetime, end: datetime, height: int, size: int, peak: int) -> Scale:
    """Return a scale for sizes up to `peak` MB, labelled in the unit of `size`."""
    unit, factor = next((unit, factor) for unit, factor in formatting.UNITS if size >= factor)
    step = round_step(peak * HEADROOM / factor / LINES) * factor
    return Scale(first, end, height, step, factor, unit)


def round_step(least: float) -> float:
    """Return the smallest round number that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in STEPS if step * power >= least * (1 - 1e-9))
