"""Formats sizes for people."""

from __future__ import annotations

UNITS = (("TB", 1024**2), ("GB", 1024), ("MB", 1))


def size(mb: int | None) -> str:
    """Format a size in MiB: "8.1 GB", "512 MB", "–" if it is None. A GB is 1024 MB."""
    if mb is None:
        return "–"
    for unit, factor in UNITS:
        if abs(mb) >= factor:
            return f"{short(mb / factor)} {unit}"
    return "0 MB"


def short(number: float) -> str:
    """Format a number with at most three significant figures, without trailing zeros."""
    digits = 0 if number >= 100 else 1 if number >= 10 else 2 if number and number < 1 else 1
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
