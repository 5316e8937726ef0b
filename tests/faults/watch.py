"""Waits until everything that a kill interrupted has settled."""

from __future__ import annotations

import time
from threading import Event, Thread
from types import TracebackType
from typing import Self

from tests.support.installation import PATIENCE, Installation, eventually

UNSETTLED = """
    SELECT name FROM volumes_volume
    WHERE due_at IS NOT NULL OR lease_until IS NOT NULL
    UNION
    SELECT volume.name FROM volumes_snapshot AS snapshot
    JOIN volumes_volume AS volume ON volume.id = volume_id
    WHERE snapshot.due_at IS NOT NULL OR snapshot.lease_until IS NOT NULL
"""
"""Names of volumes that are not at rest, or have a snapshot that is not."""


class Watch:
    """Looks on, many times a second, past the product."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.settled_at: dict[str, float] = {}
        """By name of the volume, on the monotonic clock."""
        self._followed: set[str] = set()
        self._stop = Event()
        self._thread = Thread(target=self._look_on)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def follow(self, name: str) -> None:
        """From now on: what was asked of this volume has been asked again."""
        self._followed.add(name)

    def wait(self) -> None:
        """Until all that is followed has settled."""
        eventually(lambda: self._followed == set(self.settled_at), 5 * PATIENCE)

    def _look_on(self) -> None:
        while not self._stop.wait(0.1):
            followed = set(self._followed)
            unsettled = {name for (name,) in self.installation.rows(UNSETTLED)}
            for name in followed - unsettled - set(self.settled_at):
                self.settled_at[name] = time.monotonic()
