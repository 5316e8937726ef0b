"""Fixtures: installations, servers, and concurrent clients in separate processes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.races.helpers import CLIENTS, plant_witnesses
from tests.support.collection import run_together
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.installation import Installation, installed
from tests.support.server import Server, serving

# SQLite has no server to restart. These tests run if the suite runs on PostgreSQL.
collect_ignore = [] if os.environ.get("DATABASE_URL") else ["test_database_restart.py"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    run_together(__file__, items, "races")


@pytest.fixture(scope="session")
def clients() -> Iterator[ConcurrentClients]:
    with ConcurrentClients(CLIENTS) as clients:
        yield clients


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for all tests that do not end its server."""
    with installed(tmp_path_factory.mktemp("installation")) as installation:
        yield installation


@pytest.fixture(scope="session")
def server(installation: Installation) -> Iterator[Server]:
    """A server of that installation, which also has data of an uninvolved company."""
    with serving(installation) as server:
        plant_witnesses(server)
        yield server


@pytest.fixture(scope="module")
def forgiving(server: Server) -> Iterator[Server]:
    """A server of the same installation, with a grace period longer than the tests."""
    with serving(server.installation, VOLUME_DELETE_GRACE="3600") as forgiving:
        yield forgiving
        forgiving.terminate()
