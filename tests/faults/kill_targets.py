"""Who is killed, each at one row of the table: workers of servers, and what works beside servers.

The processes that mend are never those that are killed: a server is killed whole, and others go on
beside it; of the rest one dies after the other, and then a fresh reconciler takes over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle

from tests.faults.fork_server import KILLED, ForkServer
from tests.faults.operations import Operation, World
from tests.faults.switch import Fault, Switch
from tests.faults.table import IN_A_COMMAND, IN_A_RECONCILER, IN_A_REQUEST, IN_A_SERVER, Row
from tests.faults.watch import Watch
from tests.support.installation import PATIENCE, Installation, eventually
from tests.support.invariants import must_hold
from tests.support.server import Server

WAIT = 5 * PATIENCE
"""Seconds to wait for what no promise is about: a busy machine starts processes slowly."""

SERVERS = 3
"""In turn: while those that died start again, another is there to be killed."""


@dataclass
class Kill:
    """One process at one row. The times are of the monotonic clock."""

    victim: str
    row: Row
    operation: Operation
    at: float = 0.0
    settled_at: float = 0.0

    @property
    def settled_after(self) -> float:
        """Seconds; 0 where there was nothing to settle."""
        return max(0.0, self.settled_at - self.at)


def kills(victim: str, rows: Sequence[Row], number: int) -> list[Kill]:
    return [Kill(victim, row, row.operation(f"{victim}-{number}")) for row in rows]


class Victims:
    """Of one kind, in one installation."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.switch = Switch(installation.home / "fault")
        self.environment = f"/{installation.identity['environmentId']}"
        self.fork_server = ForkServer(installation)
        self.world = World(
            installation, self.environment, self.fork_server.send, self.fork_server.run
        )

    def finish(self, kills: list[Kill], watch: Watch) -> None:
        """Once all has settled: what each was about is there, and everything that must hold holds."""
        watch.wait()
        last = max(kill.at for kill in kills)
        for kill in kills:
            kill.settled_at = watch.settled_at[kill.operation.name]
            assert kill.settled_at - last <= PATIENCE, f"late after a kill of {kill.row}"
            _check(kill, self.world)
        must_hold(self.installation, run=self.fork_server.run)


def _check(kill: Kill, world: World) -> None:
    try:
        kill.operation.check(world)
    except AssertionError as error:
        raise AssertionError(f"after a kill of {kill.row} in a {kill.victim}: {error}") from error


class Servers(Victims):
    """Each kill is of a worker at work, and at once of its whole server."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(installation)
        self.servers = [Server(installation, workers=1) for _ in range(SERVERS)]
        for server in self.servers:
            server.launch()

    def kill(self, number: int, watch: Watch) -> list[Kill]:
        """What was cut off is asked again at once, of the next server."""
        done = kills("server", IN_A_SERVER, number)
        turns = cycle(self.servers)
        after = next(turns)
        for kill in done:
            server, after = after, next(turns)
            self._kill(kill, server)
            assert kill.operation.ask(self._at(after))
            watch.follow(kill.operation.name)
        return done

    def _kill(self, kill: Kill, server: Server) -> None:
        here = self._at(server)
        kill.operation.prepare(here)
        (worker,) = server.workers()
        self.switch.arm(Fault(kill.row.point, pid=worker))
        assert not kill.operation.ask(here), f"nobody passed {kill.row}"
        kill.at = time.monotonic()
        server.kill()
        server.launch()

    def _at(self, server: Server) -> World:
        eventually(server.is_ready, WAIT)
        return World(self.installation, self.environment, server.wire().send, self.fork_server.run)


class Workers(Victims):
    """Reconcilers that make so what others asked for; commands and requests that do it themselves."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(installation)
        deferring = partial(self.fork_server.send, inline=False)
        self.deferring = replace(self.world, send=deferring)
        self.mortal = replace(self.world, send=self.fork_server.risk)

    def kill(self, number: int, watch: Watch) -> list[Kill]:
        """All within a lease's time, if the machine allows: then none finds what another left."""
        deferred = kills("reconciler", IN_A_RECONCILER, number)
        commands = kills("command", IN_A_COMMAND, number)
        requests = kills("request", IN_A_REQUEST, number)
        for kill in (*deferred, *requests):
            kill.operation.prepare(self.world)
        # Requests last: what they leave is free at once.
        for way, some in (
            (self._in_a_reconciler, deferred),
            (self._in_a_command, commands),
            (self._in_a_request, requests),
        ):
            for kill in some:
                self._kill(kill, way)
                watch.follow(kill.operation.name)
        return [*deferred, *commands, *requests]

    def _kill(self, kill: Kill, way: Callable[[Kill], bool]) -> None:
        assert way(kill), f"nobody passed {kill.row} in a {kill.victim}"
        kill.at = time.monotonic()
        assert kill.operation.ask(self.deferring)

    def _in_a_reconciler(self, kill: Kill) -> bool:
        assert kill.operation.ask(self.deferring)
        self.switch.arm(Fault(kill.row.point))
        return self.fork_server.run("reconcile", "--watch").returncode == KILLED

    def _in_a_command(self, kill: Kill) -> bool:
        # Not earlier: the clean-up before it would have it.
        kill.operation.prepare(self.world)
        self.switch.arm(Fault(kill.row.point))
        return not kill.operation.ask(self.deferring)

    def _in_a_request(self, kill: Kill) -> bool:
        self.switch.arm(Fault(kill.row.point))
        return not kill.operation.ask(self.mortal)

    @contextmanager
    def mending(self) -> Iterator[None]:
        """A fresh reconciler is at work."""
        healer = self.installation.start("reconcile", "--watch")
        try:
            yield
        finally:
            healer.terminate()
            assert healer.wait(WAIT) == 0
