"""Many clients of two companies use up the storage: it promises all it may, and not one MB more."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.races.helpers import CLIENTS, codes, delete, restore
from tests.races.test_quota import Way, clones, creates, grows
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.installation import Installation, installed
from tests.support.invariants import must_hold
from tests.support.server import Server, serving

MIB = 2**20

PROMISED = "SELECT CAST(SUM(storage_used) AS BIGINT) FROM accounts_company"
KEPT = "SELECT promised FROM volumes_storagestate"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of an installation of its own: the rule holds for the whole storage."""
    with (
        installed(tmp_path_factory.mktemp("limited")) as installation,
        serving(installation, VOLUME_DELETE_GRACE="3600") as server,
    ):
        yield server


@pytest.fixture
def places(server: Server, request: pytest.FixtureRequest) -> list[str]:
    """Environments of two companies. There is no rule until `leave()`."""
    server.installation.meddle("UPDATE volumes_storagestate SET promise_limit = NULL")
    made = [
        server.installation.bootstrap(f"{company} {request.node.name}"[:90], "here", "alice")
        for company in ("East", "West")
    ]
    return [f"/{one['environmentId']}" for one in made]


def leave(installation: Installation, room: int) -> int:
    """Let the storage promise that many MB more. The server does not look again for a minute.

    Returns what is promised.
    """
    ((promised,),) = installation.rows(PROMISED)
    disk = os.statvfs(installation.storage_root)
    bytes_ = (promised + room) * MIB + MIB // 2
    ratio = Decimal(bytes_) / (disk.f_blocks * disk.f_frsize)
    done = installation.run("init_storage", STORAGE_OVERCOMMIT=f"{ratio:.12f}")
    assert done.returncode == 0, done.stderr
    ((limit,),) = installation.rows("SELECT promise_limit FROM volumes_storagestate")
    assert limit == promised + room
    return int(promised)


@pytest.mark.parametrize(
    ("ask", "companies"),
    # A snapshot is only for its own company.
    [pytest.param(creates, 2, id="create"), pytest.param(grows, 2, id="grow"), (clones, 1)],
)
def test_storage_with_room_for_five_accepts_five_of_32(
    server: Server, clients: ConcurrentClients, places: list[str], ask: Way, companies: int
) -> None:
    requests = ask(server, places[:companies])
    promised = leave(server.installation, 59)
    answers = server.send_at_once(clients, requests)
    assert [answer.status < 300 for answer in answers].count(True) == 5
    assert codes(answers) == [{"no_space"}] * 27
    assert server.installation.rows(PROMISED) == [(promised + 50,)]
    assert server.installation.rows(KEPT) == [(promised + 50,)]
    must_hold(server.installation)


@pytest.mark.parametrize("ask", [creates, clones, grows])
def test_a_request_waits_for_a_concurrent_promise(
    server: Server, clients: ConcurrentClients, places: list[str], ask: Way
) -> None:
    request, *_ = ask(server, places)
    promised = leave(server.installation, 15)
    with server.installation.meddling(f"UPDATE volumes_storagestate SET promised = {promised + 6}"):
        stream = clients.start(server.port, server.installation.token, [[request]])
        time.sleep(1)  # it has looked by now, and would have gone by what it saw
    ((answer,),) = stream.answers()
    assert codes([answer]) == [{"no_space"}]


def test_creates_and_removals_leave_the_count_right(
    server: Server, clients: ConcurrentClients, places: list[str]
) -> None:
    paths = [server.volume(places[n % 2], f"old-{n}") for n in range(CLIENTS // 2)]
    promised = leave(server.installation, 10_000)
    requests = [request for path in paths for request in (delete(path), restore(path))]
    server.send_at_once(clients, requests)
    server.send_at_once(clients, creates(server, places))
    must_hold(server.installation)
    assert server.installation.rows(KEPT) == server.installation.rows(PROMISED)
    assert server.installation.rows(PROMISED) == [(promised + 10 * CLIENTS,)]
