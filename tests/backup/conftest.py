"""Fixtures: a served installation with data, and an empty one beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.collection import run_together
from tests.support.installation import BareInstallation, Installation, installed, uninstalled
from tests.support.server import Server, serving


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    run_together(__file__, items, "backup")


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of an installation with two volumes, one of them empty, and a snapshot."""
    home = tmp_path_factory.mktemp("source")
    with installed(home) as installation, serving(installation) as server:
        environment = server.environment()
        volume = server.volume(environment, "with-data")
        server.volume(environment, "empty")
        path = installation.storage_root / volume.rpartition("vol-")[2] / "data"
        (path / "note").write_text("still here")
        server.snapshot(volume)
        yield server


@pytest.fixture
def source(server: Server) -> Installation:
    return server.installation


@pytest.fixture
def backup(source: Installation, tmp_path: Path) -> Path:
    """A backup of the running installation."""
    path = tmp_path / "backup"
    done = source.run("backup", str(path))
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def target(tmp_path: Path) -> Iterator[BareInstallation]:
    """Settings and an empty database."""
    with uninstalled(tmp_path / "target") as installation:
        yield installation
