"""A disk that fails in the middle of a step, and one that is slow or does not answer at all."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.faults.campaign import faulty
from tests.faults.fork_server import ForkServer
from tests.faults.operations import fill
from tests.faults.switch import Fault, Switch
from tests.support.installation import eventually
from tests.support.invariants import must_hold
from tests.support.server import Server
from tests.support.wire import Answer

REASONS = {
    errno.EIO: "the disk reports an input/output error",
    errno.ENOSPC: "the disk is full; free some space",
    errno.EROFS: "the file system is read-only",
    errno.EMFILE: "the server has too many files open",
}
# Full is not among them: removing writes nothing on its way.
OBSTACLES = [errno.EIO, errno.EROFS, errno.EMFILE]

MAKING = ["volume:half-made", "volume:made", "volume:in-place"]
COPYING = ["copy:one-copied", "snapshot:made", "snapshot:in-place"]
REMOVING = ["trash:before", "trash:moved", "remove:one-removed", "trash:removed", "trash:synced"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with faulty(tmp_path_factory.mktemp("failing")) as installation:
        server = Server(installation)
        server.start()
        yield server


@pytest.fixture(scope="module")
def fork_server(server: Server) -> ForkServer:
    return ForkServer(server.installation)


@pytest.fixture
def switch(server: Server, fork_server: ForkServer) -> Iterator[Switch]:
    """Once the disk is well again, everything settles, and the server is still the same."""
    switch = Switch(server.installation.home / "fault")
    workers = server.workers()
    yield switch
    switch.disarm()
    must_hold(server.installation, run=fork_server.run)
    assert server.workers() == workers


@pytest.fixture
def environment(server: Server, switch: Switch) -> str:
    return server.environment()


@pytest.fixture
def volume(server: Server, environment: str) -> str:
    """The path of a volume that holds something."""
    path = server.volume(environment)
    fill(data(server, path))
    return path


def data(server: Server, volume: str) -> Path:
    return server.installation.storage_root / volume[-36:] / "data"


def used(server: Server, environment: str) -> int:
    """MB that count against the quota."""
    answer = server.wire().get(f"/environments{environment}/resource-usage")
    room: int = answer.body["used"]["storage"]
    return room


def only_volume(server: Server, environment: str) -> Any:
    (volume,) = server.wire().get(f"{environment}/volume?includeDeleted=true").body
    return volume


@pytest.mark.parametrize("number", REASONS, ids=errno.errorcode.get)
@pytest.mark.parametrize("point", MAKING)
def test_a_volume_that_cannot_be_created_shows_the_reason_and_can_be_deleted(
    server: Server, switch: Switch, environment: str, point: str, number: int
) -> None:
    switch.arm(Fault(point, "fail", number))
    made = server.wire().post(f"{environment}/volume", {"name": "app-data", "size": 10}).body
    assert made["status"] == "error"
    assert REASONS[number] in made["statusMessage"]
    assert used(server, environment) == 10
    assert server.wire().delete(f"{environment}/volume/{made['id']}").status == 200
    eventually(lambda: only_volume(server, environment)["status"] == "deleted")
    assert used(server, environment) == 0


@pytest.mark.parametrize("number", REASONS, ids=errno.errorcode.get)
@pytest.mark.parametrize("point", COPYING)
def test_a_snapshot_that_cannot_be_taken_shows_the_reason_and_is_never_retried(
    server: Server, switch: Switch, volume: str, point: str, number: int
) -> None:
    switch.arm(Fault(point, "fail", number))
    taken = server.wire().post(f"{volume}/snapshot", {}).body
    assert taken["status"] == "error"
    assert REASONS[number] in taken["statusMessage"]
    switch.disarm()
    copies = server.installation.storage_root / volume[-36:] / "snapshots"
    eventually(lambda: not list(copies.glob("*")))
    now = server.wire().get(f"{volume}/snapshot/{taken['id']}").body
    assert now == {**taken, "takenAt": None}


@pytest.mark.parametrize("number", OBSTACLES, ids=errno.errorcode.get)
@pytest.mark.parametrize("point", REMOVING)
def test_data_that_cannot_be_removed_counts_and_shows_the_reason_until_removed(
    server: Server, switch: Switch, environment: str, volume: str, point: str, number: int
) -> None:
    switch.arm(Fault(point, "fail", number))
    assert server.wire().delete(volume).status == 200
    left = only_volume(server, environment)
    assert (left["isDeleted"], left["status"]) == (True, "error")
    assert REASONS[number] in left["statusMessage"]
    assert used(server, environment) == 10
    switch.disarm()
    eventually(lambda: only_volume(server, environment)["status"] == "deleted")
    assert used(server, environment) == 0


@pytest.mark.parametrize("point", REMOVING)
def test_delete_works_on_a_full_disk(
    server: Server, switch: Switch, environment: str, volume: str, point: str
) -> None:
    switch.arm(Fault(point, "fail", errno.ENOSPC))
    assert server.wire().delete(volume).status == 200
    switch.disarm()
    eventually(lambda: only_volume(server, environment)["status"] == "deleted")


def test_a_disk_that_hangs_delays_one_response_by_seconds_and_no_other(
    server: Server, switch: Switch, environment: str
) -> None:
    switch.arm(Fault("volume:half-made", "hang"))
    spec = {"name": "app-data", "size": 10}
    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(server.wire().post, f"{environment}/volume", spec)
        eventually(lambda: server.wire().get(f"{environment}/volume").body)
        assert server.wire().post(f"{environment}/app", {"name": "web"}).status == 201
        assert not waiting.done()
        answer = waiting.result()
    assert (answer.status, answer.body["status"]) == (201, "pending")
    assert server.wire().get("/healthz").status == 200
    switch.disarm()
    path = f"{environment}/volume/{answer.body['id']}"
    eventually(lambda: server.wire().get(path).body["status"] == "ready")


def test_many_steps_that_hang_delay_neither_reads_nor_other_changes(
    server: Server, switch: Switch, environment: str
) -> None:
    switch.arm(Fault("volume:half-made", "hang"))
    names = [f"volume-{number}" for number in range(40)]

    def create(name: str) -> Answer:
        # With a key each of them waits for its own step, for as long as anybody waits for one.
        spec = {"name": name, "size": 1}
        return server.wire().post(f"{environment}/volume", spec, Idempotency_Key=name)

    with ThreadPoolExecutor(len(names)) as beside:
        waiting = [beside.submit(create, name) for name in names]
        eventually(lambda: len(server.wire().get(f"{environment}/volume").body) == len(names))
        answers = [one.result() for one in waiting]
    assert {(answer.status, answer.body["status"]) for answer in answers} == {(201, "pending")}


def test_the_late_result_of_a_slow_disk_counts(
    server: Server, switch: Switch, environment: str
) -> None:
    switch.arm(Fault("volume:made", "sleep", 7))
    began = time.monotonic()
    made = server.wire().post(f"{environment}/volume", {"name": "app-data", "size": 10}).body
    # It slept for longer than the answer waited.
    assert (made["status"], time.monotonic() - began > 4) == ("pending", True)
    path = f"{environment}/volume/{made['id']}"
    eventually(lambda: server.wire().get(path).body["status"] == "ready")
