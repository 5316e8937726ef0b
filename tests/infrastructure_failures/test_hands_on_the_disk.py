"""Somebody removes data, puts it back, or adds to it, past the product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infrastructure_failures.helpers import ask, findings, is_ready, state
from tests.support.installation import eventually, installed
from tests.support.invariants import must_hold
from tests.support.server import Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("hands")
    with installed(home) as installation, serving(installation) as server:
        yield server


def test_data_that_was_moved_away_is_missing_and_found_again_on_its_return(
    server: Server, tmp_path: Path
) -> None:
    installation = server.installation
    volume = server.volume(server.environment())
    place = installation.storage_root / volume[-36:]
    (place / "data" / "precious").write_bytes(b"kept")
    place.rename(tmp_path / "taken")
    looked = installation.run("reconcile")
    assert looked.returncode == 1
    assert f"{volume[-40:]} app-data: Its data is missing since" in looked.stdout
    # Neither a retry, nor a change, nor a snapshot makes anything in its place.
    assert ask(server, "PUT", volume, {}).body["status"] == "error"
    assert ask(server, "PUT", volume, {"size": 20}).body["status"] == "error"
    assert ask(server, "POST", f"{volume}/snapshot", {}).status == 409
    assert not place.exists()
    assert "Nothing was made in its place" in state(server, volume)[1]
    (found,) = findings(installation).values()
    assert (found["name"], found["violations"]) == ("backings", 1)
    assert found["examples"] == [f"{volume[-40:]} app-data: its data is missing"]
    (tmp_path / "taken").rename(place)
    eventually(lambda: is_ready(server, volume))
    must_hold(installation)
    assert (place / "data" / "precious").read_bytes() == b"kept"


def test_a_volume_without_its_data_can_be_deleted(server: Server, tmp_path: Path) -> None:
    installation = server.installation
    volume = server.volume(server.environment())
    place = installation.storage_root / volume[-36:]
    place.rename(tmp_path / "taken")
    assert ask(server, "DELETE", volume).status == 200
    must_hold(installation)
    (tmp_path / "taken").rename(place)
    (found,) = findings(installation).values()
    assert found["name"] == "deletes"
    assert found["examples"] == [f"{volume[-40:]}: it is deleted, its data is still there"]
    removal = installation.run("remove_orphaned_data", "--older-than", "0", "--no-input")
    assert removal.returncode == 0, removal.stderr
    must_hold(installation)


def test_foreign_directories_are_reported_and_removed_only_when_confirmed(server: Server) -> None:
    installation = server.installation
    kept = server.volume(server.environment())
    foreign = "0b8f3a52-53a1-4d0c-9a54-7c3b7f0f6a11"
    added = installation.storage_root / foreign / "data"
    added.mkdir(parents=True)
    (installation.storage_root / "notes").write_text("no name of ours")
    (found,) = findings(installation).values()
    assert found["examples"] == [f"vol-{foreign}: no row knows it, its data is there"]
    arguments = ["remove_orphaned_data", "--older-than", "0"]
    assert installation.run(*arguments, given="no\n").returncode == 0
    assert added.exists()
    assert installation.run(*arguments, given="yes\n").returncode == 0
    must_hold(installation)
    assert (installation.storage_root / "notes").exists()
    assert is_ready(server, kept)
