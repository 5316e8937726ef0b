"""A backup of the database is restored although the storage has newer data."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.infrastructure_failures.helpers import ask, findings, is_ready, state
from tests.support.installation import Installation, installed
from tests.support.invariants import must_hold
from tests.support.server import Server


@dataclass
class Backup:
    """The database of an installation as it was once. Nothing may run while it is made or restored."""

    installation: Installation

    def make(self) -> None:
        self._copy(self._here, self._there)

    def restore(self) -> None:
        self._copy(self._there, self._here)

    @property
    def _here(self) -> str:
        return self.installation.database_url

    @property
    def _there(self) -> str:
        return f"{self._here}_kept"

    def _copy(self, source: str, target: str) -> None:
        if source.startswith("sqlite"):
            shutil.copy(source.removeprefix("sqlite:///"), target.removeprefix("sqlite:///"))
            return
        old, new = (urlsplit(url).path[1:] for url in (source, target))
        server = urlsplit(self._here)._replace(path="/postgres").geturl()
        with closing(psycopg.connect(server, autocommit=True)) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {new} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {new} TEMPLATE {old}")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path) as installation:
        yield installation


@pytest.fixture
def server(installation: Installation) -> Server:
    return Server(installation)


def test_an_old_database_with_newer_data_is_found_and_can_be_repaired(server: Server) -> None:
    installation, backup = server.installation, Backup(server.installation)
    server.start()
    environment = server.environment(quota=1000)
    kept, gone = (server.volume(environment, name) for name in ("kept", "gone"))
    assert server.terminate() == 0
    backup.make()
    server.start()
    newer = [server.volume(environment, f"newer-{number}") for number in range(3)]
    assert ask(server, "DELETE", gone).status == 200
    assert ask(server, "PUT", kept, {"size": 20}).status == 200
    assert server.terminate() == 0
    backup.restore()

    # What an operator hears of it, and nothing else.
    (found,) = findings(installation).values()
    assert found["name"] == "backings"
    examples = "\n".join(found["examples"])
    assert found["violations"] == 4
    assert f"{gone[-40:]} gone: its data is missing" in examples
    assert all(
        f"{volume[-40:]}: no row knows it, its data is there" in examples for volume in newer
    )

    server.start()
    assert installation.run("reconcile").returncode == 1
    # Not made anew, and said so; what nobody knows stays until somebody confirms that it may go.
    status, reason = state(server, gone)
    assert status == "error"
    assert "Its data is missing" in reason
    assert ask(server, "PUT", gone, {"size": 30}).body["status"] == "error"
    assert gone[-36:] not in installation.backings()
    assert {volume[-36:] for volume in newer} <= installation.backings()
    listed = installation.run("remove_orphaned_data", "--older-than", "0", "--json", "--dry-run")
    assert {orphan["volume"] for orphan in json.loads(listed.stdout)["found"]} == {
        volume[-36:] for volume in newer
    }

    removal = installation.run("remove_orphaned_data", "--older-than", "0", "--no-input")
    assert removal.returncode == 0, removal.stderr
    assert ask(server, "DELETE", gone).status == 200
    # What was acknowledged after the backup is lost with it, and nothing else.
    installation.acknowledged.created -= {volume[-36:] for volume in newer}
    must_hold(installation)
    assert is_ready(server, kept)


def test_no_orphans_are_removed_when_most_of_the_data_is_newer(server: Server) -> None:
    installation, backup = server.installation, Backup(server.installation)
    server.start()
    environment = server.environment()
    server.volume(environment, "kept")
    assert server.terminate() == 0
    backup.make()
    server.start()
    for number in range(12):
        server.volume(environment, f"newer-{number}")
    assert server.terminate() == 0
    before = installation.backings()
    backup.restore()
    # Clean-up commands compare the database with that of the last server.
    server.start()
    assert server.terminate() == 0
    removal = installation.run("remove_orphaned_data", "--older-than", "0", "--no-input")
    assert removal.returncode == 1
    assert "An old database or another disk is likelier" in removal.stderr
    (found,) = findings(installation).values()
    assert (found["name"], found["violations"]) == ("backings", 12)
    assert installation.backings() == before
