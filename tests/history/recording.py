"""A run on an installation of its own, kept in a directory from which it can be checked again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tests.history.nemesis import Nemesis
from tests.history.run import Plan, Run, conclude, play
from tests.support.installation import PATIENCE, Installation, eventually
from tests.support.invariants import must_hold
from tests.support.postgres import PrivatePostgres, restartable
from tests.support.server import Server, serving

GRACE = "2"
"""Seconds: long enough for some deletes to be undone, short enough for the others to end."""

IN_GRACE = "SELECT id FROM volumes_volume WHERE is_deleted AND status != 'deleted'"
"""Deletes that go on by themselves: a grace that ends while it is checked unsettles its row again."""


def record(plan: Plan, home: Path, database: str) -> Run:
    """Play it, wait until all has settled, and note what is left below `home`."""
    with fresh(home, database) as (server, postgres):
        nemesis = Nemesis(server, postgres)
        run = play(server, plan, home / "record", nemesis)
        eventually(lambda: not server.installation.rows(IN_GRACE), PATIENCE)
        must_hold(server.installation)
        (run.directory / "kills.json").write_text(json.dumps(run.kills))
        return conclude(server, run)


@contextmanager
def fresh(home: Path, database: str) -> Iterator[tuple[Server, PrivatePostgres | None]]:
    """A served installation; with its database, where that is a server to be restarted."""
    with restartable() if database == "postgresql" else nullcontext() as postgres:
        url = postgres.url if postgres else f"sqlite:///{home / 'holdfast.sqlite3'}"
        home.mkdir(parents=True, exist_ok=True)
        installation = Installation(home, url, VOLUME_DELETE_GRACE=GRACE)
        try:
            with serving(installation) as server:
                yield server, postgres
        finally:
            installation.close()


def recorded(directory: Path) -> Run:
    """A run of the past."""
    kills = json.loads((directory / "kills.json").read_text())
    return Run(directory, Counter(kills))
