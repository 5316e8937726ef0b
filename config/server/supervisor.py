"""The process that starts the workers of `manage.py serve`, and starts them again when they die."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from granian.server.mp import MPServer

MAX_DEATHS = 20
WINDOW_SECONDS = 60.0
"""So many deaths in so many seconds are a crash loop: something else must be wrong, and it ends."""


class Supervisor(MPServer):
    """Granian's own takes a worker's second death within some five seconds for a crash loop.

    All other workers would end with it, although two bad requests or the kernel's want of memory may
    have been the cause. Workers run the code that is on disk when they start; `before_spawn` prepares
    what they need of it.
    """

    def __init__(self, *arguments: Any, before_spawn: Callable[[], None], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._before_spawn = before_spawn
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS)

    def _spawn_workers(self, *arguments: Any, **options: Any) -> None:
        self._before_spawn()
        super()._spawn_workers(*arguments, **options)  # type: ignore[no-untyped-call]

    def _respawn_workers(self, workers: Sequence[int], *arguments: Any, **options: Any) -> None:
        self._before_spawn()
        super()._respawn_workers(workers, *arguments, **options)
        now = time.monotonic()
        self._deaths.extend(now for _ in workers)
        if len(self._deaths) < MAX_DEATHS or now - self._deaths[0] > WINDOW_SECONDS:
            # What granian remembers of them, and would take for a crash loop.
            self.respawned_wrks.clear()
