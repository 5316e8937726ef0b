"""Images on this machine's own Debian, which all tests of containers share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.podman import HOLDFAST, MISSING, POSTGRES, Podman
from tests.support.collection import items_below
from tests.support.installation import ROOT
from tests.support.needs import needs

CONTAINERS = ("test_container.py", "test_newcomer.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = needs(not MISSING and os.geteuid() == 0, f"needs root, and {', '.join(MISSING)}")
    for item in items_below(__file__, items):
        if item.path.name in CONTAINERS:
            item.add_marker(pytest.mark.deploy)
            item.add_marker(pytest.mark.xdist_group("deploy"))
            item.add_marker(missing)


@pytest.fixture(scope="package")
def podman() -> Iterator[Podman]:
    # Sockets below it must have short names.
    podman = Podman(Path(tempfile.mkdtemp(prefix="podman-")))
    try:
        podman.build_base()
        yield podman
    finally:
        podman.close()


@pytest.fixture(scope="package")
def wheels(podman: Podman) -> list[str]:
    return podman.wheels()


@pytest.fixture(scope="package")
def images(podman: Podman, wheels: list[str]) -> Podman:
    """Build the images that `deploy/compose.yaml` runs."""
    podman.build("deploy/Dockerfile", HOLDFAST, ROOT, *wheels)
    postgres = Path(__file__).with_name("postgres.Dockerfile")
    podman.build(str(postgres), POSTGRES, postgres.parent)
    return podman
