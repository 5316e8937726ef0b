"""The process that starts the workers of `manage.py serve`, and replaces those that die."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from granian.server.mp import MPServer, WorkerProcess

MAX_DEATHS = 20
WINDOW_SECONDS = 60.0
"""MAX_DEATHS of workers within this time are a crash loop, at which the server exits."""


class Supervisor(MPServer):
    """Granian's server with a more tolerant crash loop detection and a safer replacement of workers.

    Granian takes the second death of a worker within about five seconds for a crash loop and ends all
    workers, although two bad requests or a lack of memory may be the cause. It also ends a worker `delay`
    seconds after it started the replacement, whether or not that one serves by then.

    Workers run the code that is on disk when they start; `before_spawn` prepares what they need.
    """

    def __init__(self, *arguments: Any, before_spawn: Callable[[], None], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._before_spawn = before_spawn
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS)

    def _spawn_workers(self, *arguments: Any, **options: Any) -> None:
        self._before_spawn()
        super()._spawn_workers(*arguments, **options)  # type: ignore[no-untyped-call]

    def _respawn_workers(
        self, workers: Sequence[int], spawn_target: Any, target_loader: Any, delay: float = 0
    ) -> None:
        self._before_spawn()
        for idx in workers:
            self._replace(idx, spawn_target, target_loader)
        now = time.monotonic()
        self._deaths.extend(now for _ in workers)
        if len(self._deaths) == MAX_DEATHS and now - self._deaths[0] <= WINDOW_SECONDS:
            # With these times, granian takes the next death for a crash loop.
            self.respawned_wrks.update(dict.fromkeys(workers, now))

    def _replace(self, idx: int, spawn_target: Any, target_loader: Any) -> None:
        """Start a worker in place of another one, and end that one once the new one serves."""
        old = self.wrks[idx]
        listening, end = Pipe(duplex=False)
        new = self._spawn_worker(idx, partial(spawn_target, listening=end), target_loader)
        new.start()  # type: ignore[no-untyped-call]
        self.wrks[idx] = new
        end.close()
        if old.is_alive():  # type: ignore[no-untyped-call]
            self._wait_for_end_of(listening)
            self._end(old)
        listening.close()

    def _wait_for_end_of(self, listening: Connection) -> None:
        """Wait until the new worker closes its end of the pipe because it serves, or has died."""
        while not (self.interrupt_signal or listening.poll(0.1)):
            pass

    def _end(self, worker: WorkerProcess) -> None:
        worker.terminate()  # type: ignore[no-untyped-call]
        worker.join(self.workers_kill_timeout)  # type: ignore[no-untyped-call]
        if worker.is_alive():  # type: ignore[no-untyped-call]
            worker.kill()  # type: ignore[no-untyped-call]
            worker.join()  # type: ignore[no-untyped-call]
