"""What happens to clients, workers, servers and databases meanwhile, by a seeded plan."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from random import Random

from tests.history.clients import Clients
from tests.support.installation import eventually
from tests.support.postgres import PrivatePostgres
from tests.support.server import Server, is_alive, kill

PERIODS = {"client": 1.5, "worker": 6.0, "server": 10.0, "database": 8.0}
"""Seconds between two kills of a kind, on average."""

WARMING_UP = 1.0
"""Seconds in which there is not yet anything to lose."""


class Nemesis:
    """Kills clients, workers, servers and databases, and restarts them."""

    def __init__(self, server: Server, postgres: PrivatePostgres | None) -> None:
        self.server = server
        self.postgres = postgres
        self.done: Counter[str] = Counter()

    def run(self, clients: Clients, random: Random, seconds: float) -> None:
        """Follow the plan for this many seconds. The time of restarts does not count."""
        now = 0.0
        for at, kind in plan(random, seconds, self.kinds):
            time.sleep(at - now)
            now = at
            self._actions(clients, random)[kind]()
            self.done[kind] += 1
        time.sleep(seconds - now)

    @property
    def kinds(self) -> list[str]:
        """A file has nothing to restart."""
        return [kind for kind in PERIODS if kind != "database" or self.postgres]

    def _actions(self, clients: Clients, random: Random) -> dict[str, Callable[[], None]]:
        return {
            "client": lambda: clients.kill(random.randrange(100)),
            "worker": lambda: self._kill_worker(random),
            "server": self._kill_server,
            "database": self._restart_database,
        }

    def _kill_worker(self, random: Random) -> None:
        eventually(self.server.workers)
        kill(random.choice(self.server.workers()))

    def _kill_server(self) -> None:
        workers = self.server.kill()
        eventually(lambda: not any(map(is_alive, workers)))
        self.server.start()

    def _restart_database(self) -> None:
        assert self.postgres is not None
        self.postgres.stop("immediate")
        self.postgres.start()


def plan(random: Random, seconds: float, kinds: list[str]) -> list[tuple[float, str]]:
    """When what happens: each kind at least once, in any order."""
    moments = []
    for kind in kinds:
        at = WARMING_UP + random.uniform(0, min(PERIODS[kind], seconds - WARMING_UP) / 2)
        while at < seconds:
            moments.append((at, kind))
            at += PERIODS[kind] * random.uniform(0.5, 1.5)
    return sorted(moments)
