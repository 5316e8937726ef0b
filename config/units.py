"""Sizes as people say them."""

from __future__ import annotations

UNITS = (("TB", 1024**2), ("GB", 1024), ("MB", 1))


def size(mb: int | None) -> str:
    """MB as people say it: "8.1 GB", "512 MB", "–" where it is not known."""
    if mb is None:
        return "–"
    for unit, factor in UNITS:
        if abs(mb) >= factor:
            return f"{short(mb / factor)} {unit}"
    return "0 MB"


def short(number: float) -> str:
    """Three significant figures are enough to act on; never "10.0"."""
    digits = 0 if number >= 100 else 1 if number >= 10 else 2 if number and number < 1 else 1
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
