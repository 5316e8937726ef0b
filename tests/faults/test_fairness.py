"""A disk hangs while it copies or removes files of one tenant: volumes of another are made in time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import pytest

from tests.faults.campaign import faulty
from tests.faults.operations import fill
from tests.faults.switch import Fault, Switch
from tests.support.installation import eventually
from tests.support.invariants import must_hold
from tests.support.server import Server
from tests.support.wire import Request

COPIES = 200


@pytest.fixture(scope="module", params=["true", "false"], ids=["inline", "loop"])
def server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Server]:
    with faulty(tmp_path_factory.mktemp("unfair"), RECONCILE_INLINE=request.param) as installation:
        server = Server(installation, workers=1)
        server.start()
        yield server


@pytest.fixture
def switch(server: Server) -> Iterator[Switch]:
    switch = Switch(server.installation.home / "fault")
    yield switch
    switch.disarm()
    must_hold(server.installation)


@pytest.fixture
def volumes(server: Server, switch: Switch) -> list[str]:
    """The paths of many volumes of one environment, each with a file."""
    environment = server.environment()
    paths = [server.volume(environment, f"app-data-{number}") for number in range(COPIES)]
    for path in paths:
        eventually(partial(is_ready, server, path))
        fill(server.installation.storage_root / path[-36:] / "data")
    return paths


def is_ready(server: Server, path: str) -> bool:
    return bool(server.wire().get(path).body["status"] == "ready")


def made_in_time(server: Server, environment: str) -> None:
    """A create of another environment is ready within 5 s."""
    begun = time.monotonic()
    eventually(partial(is_ready, server, server.volume(environment)), within=5)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("point", "method", "suffix"),
    [("copy:one-copied", "POST", "/snapshot"), ("remove:one-removed", "DELETE", "")],
    ids=["snapshots", "removals"],
)
def test_bulk_work_that_hangs_delays_no_other_environment(
    server: Server, switch: Switch, volumes: list[str], point: str, method: str, suffix: str
) -> None:
    victim = server.environment()
    switch.arm(Fault(point, "hang"))
    with ThreadPoolExecutor(COPIES) as beside:
        asked = [
            beside.submit(server.wire().send, Request(method, f"{volume}{suffix}"))
            for volume in volumes
        ]
        eventually(switch.has_hung)
        made_in_time(server, victim)
        wait(asked)
        made_in_time(server, server.environment())
        switch.disarm()
