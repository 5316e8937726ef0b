"""The disk with PostgreSQL's files is full under a server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infrastructure_failures.disk import Disk, mounted, needs_mounts
from tests.infrastructure_failures.helpers import ask, assert_it_only_reads, on
from tests.support.installation import eventually
from tests.support.invariants import must_hold
from tests.support.needs import needs
from tests.support.postgres import PrivatePostgres, installed_binaries
from tests.support.server import Server, serving

pytestmark = [
    needs_mounts,
    needs(installed_binaries() is not None, "the wheel's PostgreSQL chooses its place itself"),
]


@pytest.fixture
def disk() -> Iterator[Disk]:
    # Not below pytest's own directory, which the server's user may not pass through.
    home = Path(tempfile.mkdtemp(prefix="holdfast-disk-"))
    home.chmod(0o755)
    with mounted(home / "image", home / "disk", size=192) as disk:
        yield disk
    shutil.rmtree(home)


@pytest.fixture
def server(disk: Disk, tmp_path: Path) -> Iterator[Server]:
    postgres = PrivatePostgres(disk.path / "postgres")
    try:
        with on(postgres, tmp_path) as installation, serving(installation) as server:
            yield server
    finally:
        postgres.stop()


def test_a_full_disk_refuses_writes_and_serves_reads_until_there_is_space(
    server: Server, disk: Disk
) -> None:
    volume = server.volume(server.environment())
    assert_it_only_reads(server, disk, volume, description="x" * 500)
    eventually(lambda: ask(server, "PUT", volume, {"size": 20}).status == 200, 10)
    must_hold(server.installation)
