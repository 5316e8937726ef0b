"""Looking at one thing after the other: one that cannot be looked at does not stop the rest."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from volumes.backends import BackendError, StorageUnavailable

log = logging.getLogger("holdfast.reconciler")


class Pass:
    """Collects what could not be looked at, each in a sentence for operators that names it."""

    def __init__(self) -> None:
        self.unreadable: list[str] = []

    @contextmanager
    def over(self, name: str) -> Iterator[None]:
        """Note a BackendError, and go on. StorageUnavailable passes: it concerns everything."""
        try:
            yield
        except StorageUnavailable:
            raise
        except BackendError as error:
            self.note(error, name)

    def note(self, error: BackendError, name: str = "") -> None:
        """Add what could not be looked at; `name` says what it is, if the error does not."""
        sentence = f"{name}: {error.detail}" if name else error.detail
        log.warning("%s", sentence)
        self.unreadable.append(sentence)
