"""Kills at every row of the table, repeatedly, and checks the result of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.kill_targets import Kill, Servers, Workers
from tests.faults.watch import Watch
from tests.support.installation import Installation, installed


@contextmanager
def faulty(home: Path, **settings: str) -> Iterator[Installation]:
    """An installation whose fault points obey a switch."""
    settings |= {"DJANGO_SETTINGS_MODULE": "tests.faults.settings", "FAULT": str(home / "fault")}
    with installed(home, **settings) as installation:
        yield installation


class Campaign:
    """Two installations, one for servers and one for what works behind them."""

    def __init__(self, servers: Installation, workers: Installation) -> None:
        self.workers = Workers(workers)
        self.servers = Servers(servers)

    def round(self, number: int) -> list[Kill]:
        """One kill at every row. Raises AssertionError where something does not hold."""
        with (
            Watch(self.workers.installation) as workers,
            Watch(self.servers.installation) as servers,
        ):
            behind = self.workers.kill(number, workers)
            with self.workers.mending():
                # While the leases of the dead run out.
                before = self.servers.kill(number, servers)
                self.servers.finish(before, servers)
                self.workers.finish(behind, workers)
        return behind + before


@contextmanager
def campaign(home: Path) -> Iterator[Campaign]:
    with faulty(home / "servers") as servers, faulty(home / "workers") as workers:
        yield Campaign(servers, workers)
