"""`manage.py verify` while volumes change."""

from __future__ import annotations

from tests.races.helpers import create, delete, put
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.invariants import must_hold
from tests.support.server import Server
from tests.support.wire import Request

CLIENTS = 8
EACH = 20


def busy(server: Server, place: str, client: int) -> list[Request]:
    """Grow and describe one volume repeatedly, and create and delete others meanwhile."""
    mine = server.volume(place, f"mine-{client}")
    doomed = [server.volume(place, f"doomed-{client}-{n}") for n in range(4)]
    grown = [put(mine, {"size": 11 + n}) for n in range(EACH)]
    described = [put(mine, {"description": f"change {n}"}) for n in range(EACH)]
    made = [create(place, f"other-{client}-{n}") for n in range(EACH)]
    steps = zip(grown, made, described, strict=True)
    return [one for step in steps for one in step] + [delete(path) for path in doomed]


def test_verify_reports_no_violation_while_volumes_change(
    server: Server, clients: ConcurrentClients
) -> None:
    place = server.environment()
    tasks = [busy(server, place, client) for client in range(CLIENTS)]
    stream = clients.start(server.port, server.installation.token, tasks)
    looks = [server.installation.run("verify", "--json") for _ in range(3)]
    heard = [answer.status for answers in stream.answers() for answer in answers]
    assert len(heard) == sum(map(len, tasks))
    assert set(heard) <= {200, 201}
    assert [look.stdout for look in looks if look.returncode] == []
    must_hold(server.installation)
