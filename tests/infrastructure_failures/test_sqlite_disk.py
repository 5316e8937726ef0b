"""The disk with the SQLite file, the log and the keys is full, or away, under a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.infrastructure_failures.disk import Disk, mounted, needs_mounts
from tests.infrastructure_failures.helpers import (
    ask,
    assert_it_only_reads,
    is_refusal_of_the_moment,
)
from tests.support.installation import eventually, installed
from tests.support.invariants import must_hold
from tests.support.server import Server, serving

pytestmark = needs_mounts


@pytest.fixture
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    home = tmp_path_factory.mktemp("disk")
    with mounted(home / "image", home / "data", size=48) as disk:
        yield disk


@pytest.fixture
def server(disk: Disk) -> Iterator[Server]:
    with installed(disk.path) as installation, serving(installation) as server:
        yield server


def test_a_full_disk_refuses_writes_and_serves_reads_until_there_is_space(
    server: Server, disk: Disk
) -> None:
    environment = server.environment()
    volume = server.volume(environment)
    assert_it_only_reads(server, disk, volume)
    server.volume(environment, "after")
    must_hold(server.installation)


def test_a_missing_disk_refuses_all_requests_until_it_is_back(server: Server, disk: Disk) -> None:
    environment = server.environment()
    volume = server.volume(environment)
    disk.tear_out()
    answers = [
        ask(server, "GET", volume),
        ask(server, "POST", f"{environment}/volume", {"name": "spec", "size": 10}),
        ask(server, "DELETE", volume),
    ]
    disk.mount()
    assert all(map(is_refusal_of_the_moment, answers))
    eventually(lambda: ask(server, "GET", volume).status == 200, 10)
    server.volume(environment, "after")
    must_hold(server.installation)
