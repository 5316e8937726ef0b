"""Many clients update the same volume at once."""

from __future__ import annotations

from tests.races.helpers import CLIENTS, codes, put, statuses
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.invariants import must_hold
from tests.support.server import Server


def test_one_of_32_writers_that_read_the_same_version_succeeds(
    server: Server, clients: ConcurrentClients
) -> None:
    path = server.volume(server.environment())
    read = server.wire().get(path).body
    requests = [put(path, {**read, "description": f"by writer {n}"}) for n in range(CLIENTS)]
    answers = server.send_at_once(clients, requests)
    assert statuses(answers) == [200] + [409] * 31
    assert codes(answers) == [{"stale_version"}] * 31
    (winner,) = [answer.body for answer in answers if answer.status == 200]
    now = server.wire().get(path).body
    assert (now["version"], now["description"]) == (2, winner["description"])
    history = server.wire().get(f"{path}/history").body
    assert [entry["version"] for entry in history] == [2, 1]
    must_hold(server.installation)


def test_one_of_32_writers_with_the_same_if_match_succeeds(
    server: Server, clients: ConcurrentClients
) -> None:
    path = server.volume(server.environment())
    tag = server.wire().get(path).headers["etag"]
    requests = [put(path, {"description": f"by writer {n}"}, If_Match=tag) for n in range(CLIENTS)]
    answers = server.send_at_once(clients, requests)
    assert statuses(answers) == [200] + [412] * 31
    assert server.wire().get(path).body["version"] == 2
    must_hold(server.installation)


def test_the_versions_of_32_unconditional_writers_form_one_chain(
    server: Server, clients: ConcurrentClients
) -> None:
    path = server.volume(server.environment())
    requests = [put(path, {"description": f"by writer {n}"}) for n in range(CLIENTS)]
    answers = server.send_at_once(clients, requests)
    assert statuses(answers) == [200] * CLIENTS
    history = server.wire().get(f"{path}/history").body
    assert [entry["version"] for entry in history] == list(range(CLIENTS + 1, 0, -1))
    # Each started from the result of the one before it, so no change is lost.
    chain = [entry["changes"]["description"] for entry in history[:-1]]
    assert [before for before, _ in chain[:-1]] == [after for _, after in chain[1:]]
    assert len({after for _, after in chain}) == CLIENTS
    must_hold(server.installation)


def test_one_volume_grows_to_the_largest_of_32_sizes(
    server: Server, clients: ConcurrentClients
) -> None:
    path = server.volume(server.environment())
    requests = [put(path, {"size": 11 + n}) for n in range(CLIENTS)]
    answers = server.send_at_once(clients, requests)
    assert {answer.status for answer in answers} <= {200, 400}
    must_hold(server.installation)
    volume = server.wire().get(path).body
    assert volume["size"] == volume["provisionedSize"] == 10 + CLIENTS
