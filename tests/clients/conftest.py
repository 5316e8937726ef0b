"""A live server, and its document, for generated clients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.collection import run_together
from tests.support.installation import Installation, installed
from tests.support.server import Server, serving


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    run_together(__file__, items, "clients")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many operations a generated client drove."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "operations driven" and report.when == "call":
                terminalreporter.write_line(f"generated client: {value} operations driven")


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("installation")) as installation:
        yield installation


@pytest.fixture(scope="session")
def server(installation: Installation) -> Iterator[Server]:
    """A server with a grace period, so that `restore` succeeds."""
    with serving(installation, VOLUME_DELETE_GRACE="3600") as server:
        yield server


@pytest.fixture(scope="session")
def document(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the OpenAPI document that the server returns."""
    file = tmp_path_factory.mktemp("document") / "openapi.json"
    file.write_text(json.dumps(server.wire().get("/schema").body), encoding="utf-8")
    return file
