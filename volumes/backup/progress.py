"""Progress bars on standard error, for terminals only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def counting_bytes(label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a bar for the block. Yield a function that takes the bytes of each piece."""
    with tqdm(total=total, desc=label, unit="B", unit_scale=True, disable=None) as bar:

        def advance(size: int) -> None:
            bar.update(size)

        yield advance


@contextmanager
def reporting(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar for the block. Yield a function that takes what is done, and the total or 0."""
    with tqdm(desc=label, unit="", unit_scale=True, disable=None) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total or None
            bar.update(done - bar.n)

        yield report
