"""`prune_history` and the job of HISTORY_KEEP while volumes change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.races.helpers import create, put
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.invariants import must_hold
from tests.support.server import Server
from tests.support.wire import Request

CLIENTS = 6
EACH = 20


def busy(server: Server, place: str, client: int) -> list[Request]:
    """Describe and grow one volume repeatedly, and create others meanwhile."""
    mine = server.volume(place, f"mine-{client}")
    grown = [put(mine, {"size": 11 + n}) for n in range(EACH)]
    described = [put(mine, {"description": f"change {n}"}) for n in range(EACH)]
    made = [create(place, f"other-{client}-{n}") for n in range(EACH)]
    return [one for step in zip(grown, made, described, strict=True) for one in step]


def test_several_prunes_while_volumes_change_leave_no_gap(
    server: Server, clients: ConcurrentClients
) -> None:
    place = server.environment()
    tasks = [busy(server, place, client) for client in range(CLIENTS)]
    stream = clients.start(server.port, server.installation.token, tasks)
    prune = ("prune_history", "--older-than", "0", "--no-input")
    with ThreadPoolExecutor(2) as pool:
        pruned = list(pool.map(lambda _: server.installation.run(*prune), range(4)))
    heard = [answer.status for answers in stream.answers() for answer in answers]
    assert len(heard) == sum(map(len, tasks))
    assert set(heard) <= {200, 201}
    assert [done.stderr for done in pruned if done.returncode] == []
    must_hold(server.installation)
