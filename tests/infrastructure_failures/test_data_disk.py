"""The disk with the volumes is full, read-only, away, or another one, under a running server."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.infrastructure_failures.disk import Disk, mounted, needs_mounts
from tests.infrastructure_failures.helpers import ask, findings, is_ready
from tests.support.installation import installed
from tests.support.invariants import leftovers, must_hold
from tests.support.server import Server, serving

pytestmark = needs_mounts

WISH = {"name": "wished", "size": 10}
MB = 2**20


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    home = tmp_path_factory.mktemp("disk")
    with mounted(home / "image", home / "volumes", size=48) as disk:
        yield disk


@pytest.fixture(scope="module")
def server(disk: Disk) -> Iterator[Server]:
    """Its volumes lie on that disk."""
    with installed(disk.path.parent) as installation, serving(installation) as server:
        yield server


@pytest.fixture
def environment(server: Server) -> str:
    return server.environment(quota=100)


def used(server: Server, environment: str) -> int:
    """MB that count towards the quota."""
    usage = server.wire().get(f"/environments{environment}/resource-usage").body
    used: int = usage["used"]["storage"]
    return used


def test_a_full_disk_delays_creates_but_not_deletes(
    server: Server, disk: Disk, environment: str
) -> None:
    volume, doomed = (server.volume(environment, name) for name in ("kept", "doomed"))
    disk.fill()
    made = ask(server, "POST", f"{environment}/volume", WISH)
    taken = ask(server, "POST", f"{volume}/snapshot", {})
    for answer in (made, taken):
        assert answer.status == 201
        assert answer.body["status"] == "error"
        assert "the disk is full; free some space" in answer.body["statusMessage"]
    assert ask(server, "DELETE", doomed).status == 200
    assert doomed[-36:] not in server.installation.backings()
    assert used(server, environment) == 20
    assert is_ready(server, volume)
    disk.free()
    must_hold(server.installation)
    assert is_ready(server, f"{environment}/volume/{made.body['id']}")
    # Taken now, it would be of another moment.
    assert server.wire().get(f"{volume}/snapshot/{taken.body['id']}").body == taken.body


def test_a_read_only_disk_is_reported_and_nothing_is_lost(
    server: Server, disk: Disk, environment: str
) -> None:
    volume, doomed = (server.volume(environment, name) for name in ("kept", "doomed"))
    disk.remount("ro")
    made = ask(server, "POST", f"{environment}/volume", WISH)
    assert (made.status, made.body["status"]) == (201, "error")
    assert "the file system is read-only" in made.body["statusMessage"]
    assert ask(server, "DELETE", doomed).status == 200
    # Its room is not free while its data is there.
    assert used(server, environment) == 30
    assert is_ready(server, volume)
    disk.remount("rw")
    must_hold(server.installation)
    assert used(server, environment) == 20


def test_a_failing_disk_is_reported_and_no_data_is_called_missing(
    server: Server, disk: Disk, environment: str
) -> None:
    volume, doomed = (server.volume(environment, name) for name in ("kept", "doomed"))
    disk.break_down()
    refused = server.wire().get("/readyz")
    assert (refused.status, refused.body["checks"]["storage"]) == (503, "unavailable")
    assert "input/output error; check its health" in server.installation.log.read_text()
    made = ask(server, "POST", f"{environment}/volume", WISH)
    assert (made.status, made.body["status"]) == (201, "error")
    assert "The storage is not available" in made.body["statusMessage"]
    assert ask(server, "DELETE", doomed).status == 200
    assert {found["result"] for found in findings(server.installation).values()} == {"unknown"}
    assert is_ready(server, volume)
    disk.unmount()
    disk.mount()
    must_hold(server.installation)


def test_a_missing_disk_creates_nothing_and_no_data_is_called_missing(
    server: Server, disk: Disk, environment: str
) -> None:
    volume, doomed = (server.volume(environment, name) for name in ("kept", "doomed"))
    disk.unmount()
    refused = server.wire().get("/readyz")
    assert (refused.status, refused.body["checks"]["storage"]) == (503, "unavailable")
    assert "a disk that is not mounted?" in server.installation.log.read_text()
    made = ask(server, "POST", f"{environment}/volume", WISH)
    assert (made.status, made.body["status"]) == (201, "error")
    assert "The storage is not available" in made.body["statusMessage"]
    assert ask(server, "DELETE", doomed).status == 200
    assert server.installation.run("reconcile").returncode == 1
    assert server.installation.run("remove_orphaned_data", "--no-input").returncode == 1
    assert {name: found["result"] for name, found in findings(server.installation).items()} == {
        "deletes": "unknown",
        "backings": "unknown",
    }
    assert is_ready(server, volume)
    assert os.listdir(disk.path) == []
    disk.mount()
    must_hold(server.installation)
    assert server.wire().get("/readyz").status == 200


def test_the_disk_of_another_installation_stays_unchanged(
    server: Server, disk: Disk, environment: str
) -> None:
    volume = server.volume(environment)
    disk.unmount()
    with mounted(disk.image.with_name("other"), disk.path, size=8) as other:
        (other.path / ".holdfast").write_text("0b8f3a52-53a1-4d0c-9a54-7c3b7f0f6a11\n")
        before = sorted(os.listdir(other.path))
        assert server.wire().get("/readyz").body["checks"]["storage"] == "unavailable"
        assert "belongs to another installation" in server.installation.log.read_text()
        made = ask(server, "POST", f"{environment}/volume", WISH)
        assert "The storage is not available" in made.body["statusMessage"]
        assert server.installation.run("init_storage").returncode == 1
        assert is_ready(server, volume)
        assert sorted(os.listdir(other.path)) == before
    disk.mount()
    must_hold(server.installation)


def test_a_disk_that_fills_up_fails_the_snapshot_and_keeps_no_part_of_it(
    server: Server, environment: str
) -> None:
    volume, ballast = (server.volume(environment, name) for name in ("kept", "ballast"))
    root = server.installation.storage_root
    for path in (volume, ballast):
        (root / path[-36:] / "data" / "bytes").write_bytes(os.urandom(14 * MB))
    missed = ask(server, "POST", f"{volume}/snapshot", {})
    assert "the disk is full" in missed.body["statusMessage"]
    # The part that was copied does not take the space that is missing.
    assert leftovers(server.installation) == []
    assert ask(server, "DELETE", ballast).status == 200
    taken = ask(server, "POST", f"{volume}/snapshot", {})
    assert taken.body["status"] == "ready"
    must_hold(server.installation)
    again = ask(server, "GET", f"{volume}/snapshot/{missed.body['id']}")
    assert (again.body["status"], again.body["takenAt"]) == ("error", None)
    (copy,) = root.glob(f"{volume[-36:]}/snapshots/*/bytes")
    assert copy.read_bytes() == (root / volume[-36:] / "data" / "bytes").read_bytes()
