"""Long work in small batches, with pauses in which others have the database."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from threading import Event
from typing import TypeVar

from config import limits

BatchT = TypeVar("BatchT")


def paced(batches: Iterable[BatchT], stop: Event | None = None) -> Iterator[BatchT]:
    """Yield the batches, and pause after each for as long as the work on it took. End once `stop` is set.

    SQLite has one writer at a time. Without the pauses, others would hardly ever get their turn.
    """
    for batch in batches:
        begun = time.monotonic()
        yield batch
        pause = max(limits.RETENTION_PAUSE, time.monotonic() - begun)
        if stop is None:
            time.sleep(pause)
        elif stop.wait(pause):
            return
