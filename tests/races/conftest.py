"""Real installations, real servers, and crowds of clients that are processes of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.races.helpers import CROWD, plant_witnesses
from tests.support.collection import run_together
from tests.support.concurrent_clients import Crowd
from tests.support.installation import Installation, installed
from tests.support.server import Server, serving

# A file has nothing to restart; where the suite runs on a server, these run too.
collect_ignore = [] if os.environ.get("DATABASE_URL") else ["test_database_restart.py"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    run_together(__file__, items, "races")


@pytest.fixture(scope="session")
def crowd() -> Iterator[Crowd]:
    with Crowd(CROWD) as crowd:
        yield crowd


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One for all tests that leave it alive."""
    with installed(tmp_path_factory.mktemp("installation")) as installation:
        yield installation


@pytest.fixture(scope="session")
def server(installation: Installation) -> Iterator[Server]:
    """Serves that installation, in which another company has something to lose."""
    with serving(installation) as server:
        plant_witnesses(server)
        yield server


@pytest.fixture(scope="module")
def forgiving(server: Server) -> Iterator[Server]:
    """Serves the installation too; its deletes can be undone for as long as tests run."""
    with serving(server.installation, VOLUME_DELETE_GRACE="3600") as forgiving:
        yield forgiving
        forgiving.terminate()
