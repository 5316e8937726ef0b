"""Work through many items: one that cannot be read does not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from volumes.backends import BackendError, StorageUnavailable

log = logging.getLogger("holdfast.reconciler")


class FailureCollector:
    """Collects a sentence for operators for each item that could not be read."""

    def __init__(self) -> None:
        self.unreadable: list[str] = []

    @contextmanager
    def collecting(self, name: str) -> Iterator[None]:
        """Collect a BackendError and go on. StorageUnavailable is raised: it concerns everything."""
        try:
            yield
        except StorageUnavailable:
            raise
        except BackendError as error:
            self.add(error, name)

    def add(self, error: BackendError, name: str = "") -> None:
        """Add an error. `name` is the item, if the error does not name it."""
        sentence = f"{name}: {error.detail}" if name else error.detail
        log.warning("data_unreadable", extra={"cause": sentence})
        self.unreadable.append(sentence)
