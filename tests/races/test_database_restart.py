"""The database stops and restarts while the server runs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.races.helpers import create
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.installation import Installation, eventually
from tests.support.invariants import must_hold
from tests.support.postgres import PrivatePostgres, restartable
from tests.support.server import Server, serving
from tests.support.wire import Request

CLIENTS = 4
EACH = 30


@pytest.fixture(scope="module")
def postgres() -> Iterator[PrivatePostgres]:
    with restartable() as postgres:
        yield postgres


@pytest.fixture(scope="module")
def server(postgres: PrivatePostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    installation = Installation(tmp_path_factory.mktemp("restart"), postgres.url)
    try:
        with serving(installation) as server:
            yield server
    finally:
        installation.close()


def test_server_answers_503_while_the_database_is_down_and_recovers(
    server: Server, postgres: PrivatePostgres, clients: ConcurrentClients
) -> None:
    environment = server.environment()
    path = server.volume(environment, "before")
    # Both workers: each reads once, from the database, whose storage it is.
    assert {server.wire().get("/readyz").status for _ in range(20)} == {200}
    postgres.stop()
    asked = [Request("GET", path), create(environment, "meanwhile"), Request("GET", "/readyz")]
    away = clients.send_at_once(server.port, server.installation.token, asked)
    assert [answer.status for answer in away] == [503] * 3
    assert {answer.headers["retry-after"] for answer in away} == {"5"}
    assert {answer.body["code"] for answer in away[:2]} == {"UNAVAILABLE"}
    assert away[2].body["checks"] == {"database": "unavailable", "storage": "ok"}
    assert server.wire().get("/healthz").status == 200
    postgres.start()
    eventually(lambda: server.wire().get(path).status == 200, 10)
    # The other worker may take a moment longer.
    after = create(environment, "after", Idempotency_Key="after")
    eventually(lambda: server.wire().send(after).status == 201, 10)
    must_hold(server.installation)


def test_database_restart_neither_loses_nor_repeats_requests(
    server: Server, postgres: PrivatePostgres, clients: ConcurrentClients
) -> None:
    environment = server.environment()
    names = [[f"volume-{uuid.uuid4()}" for _ in range(EACH)] for _ in range(CLIENTS)]
    tasks = [
        [create(environment, name, Idempotency_Key=f"key of {name}") for name in of_one]
        for of_one in names
    ]
    stream = clients.start(server.port, server.installation.token, tasks)
    eventually(lambda: len(server.installation.backings()) >= 20, 20)
    postgres.stop()
    postgres.start()
    heard = [answer for answers in stream.answers() for answer in answers]
    assert len(heard) == CLIENTS * EACH
    assert {answer.status for answer in heard} <= {201, 503}
    sent = [request for requests in tasks for request in requests]
    retries = server.wire().until_cut_off(sent)
    assert {answer.status for answer in retries} == {201}
    known = [(was, now) for was, now in zip(heard, retries, strict=True) if was.status == 201]
    assert all(was.body["id"] == now.body["id"] for was, now in known)
    # Workers and reconcile loop survived it, so interrupted steps are completed too.
    must_hold(server.installation)
    assert len(server.wire().get(f"{environment}/volume").body) == CLIENTS * EACH
