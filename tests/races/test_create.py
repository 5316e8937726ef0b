"""Many clients create the same thing at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from tests.races.helpers import CLIENTS, alternating, codes, create, delete, outcomes, put, statuses
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.invariants import must_hold
from tests.support.server import Server
from tests.support.wire import Request


def same_volume(server: Server) -> list[Request]:
    return [create(server.environment(), "app-data")] * CLIENTS


def same_new_name(server: Server) -> list[Request]:
    place = server.environment()
    paths = [server.volume(place, f"volume-{n}") for n in range(CLIENTS)]
    return [put(path, {"name": "app-data"}) for path in paths]


def same_application(server: Server) -> list[Request]:
    return [Request("POST", f"{server.environment()}/app", {"name": "web"})] * CLIENTS


def same_environment(server: Server) -> list[Request]:
    spec = {"name": "same", "companyIdRef": server.installation.identity["companyId"]}
    return [Request("POST", "/environments", spec)] * CLIENTS


@pytest.mark.parametrize("ask", [same_volume, same_new_name, same_application, same_environment])
def test_one_of_32_gets_the_name(
    server: Server, clients: ConcurrentClients, ask: Callable[[Server], list[Request]]
) -> None:
    answers = server.send_at_once(clients, ask(server))
    assert [answer.status < 300 for answer in answers].count(True) == 1
    assert codes(answers) == [{"name_taken"}] * 31
    must_hold(server.installation)


def one_volume(server: Server) -> tuple[str, Request]:
    place = server.environment()
    return f"{place}/volume", create(place, "app-data", Idempotency_Key=str(uuid.uuid4()))


def one_snapshot(server: Server) -> tuple[str, Request]:
    path = f"{server.volume(server.environment())}/snapshot"
    return path, Request("POST", path, {}, {"Idempotency-Key": str(uuid.uuid4())})


@pytest.mark.parametrize("ask", [one_volume, one_snapshot])
def test_32_requests_with_one_idempotency_key_create_one_volume(
    server: Server, clients: ConcurrentClients, ask: Callable[[Server], tuple[str, Request]]
) -> None:
    path, spec = ask(server)
    answers = server.send_at_once(clients, [spec] * CLIENTS)
    assert statuses(answers) == [201] * CLIENTS
    (made,) = server.wire().get(path).body
    assert {answer.body["id"] for answer in answers} == {made["id"]}
    replays = [answer.headers.get("idempotent-replay") for answer in answers]
    assert sorted(map(str, replays)) == ["None"] + ["true"] * 31
    must_hold(server.installation)


def test_environment_is_either_deleted_or_gets_a_volume(
    server: Server, clients: ConcurrentClients
) -> None:
    places = [server.environment() for _ in range(CLIENTS // 2)]
    creates = [create(place, "app-data") for place in places]
    deletes = [delete(f"/environments{place}") for place in places]
    answers = server.send_at_once(clients, alternating(creates, deletes))
    assert outcomes(answers) <= {(201, 409), (404, 200)}
    must_hold(server.installation)
