"""`kill -9` of working servers and reconcilers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.races.helpers import LEASED, create, delete, freeze_at_work, reconciler, spec
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.installation import Installation, eventually, installed
from tests.support.invariants import must_hold
from tests.support.server import Server, is_alive, serving
from tests.support.wire import Answer, Request

CLIENTS = 6
EACH = 50
DELETED = 20
"""The volumes of a round that each client deletes in the next round."""


@dataclass
class Aftermath:
    """The requests that the clients sent, and the responses they received."""

    server: Server
    creates: list[tuple[Request, Answer]] = field(default_factory=list)
    deletes: list[tuple[Request, Answer]] = field(default_factory=list)

    @property
    def installation(self) -> Installation:
        return self.server.installation


@pytest.fixture(scope="module")
def taken_over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose working reconciler was killed and replaced by another."""
    home = tmp_path_factory.mktemp("taken-over")
    with installed(home, RECONCILE_INLINE="false") as installation:
        spec(installation, "taken-over", 400)
        first = reconciler(installation)
        freeze_at_work(installation, first)
        first.kill()
        first.wait()
        assert installation.rows(LEASED)
        reconciler(installation)
        yield installation


@pytest.fixture(scope="module")
def aftermath(
    tmp_path_factory: pytest.TempPathFactory, clients: ConcurrentClients, taken_over: Installation
) -> Iterator[Aftermath]:
    """The server is killed twice with many volumes made, and started again each time.

    After `taken_over`, so that the leases of the dead of both run out at the same time.
    """
    home = tmp_path_factory.mktemp("killed")
    with installed(home) as installation, serving(installation) as server:
        aftermath = Aftermath(server)
        environment = server.environment()
        for made in (40, 20):
            _round(aftermath, clients, environment, made)
        yield aftermath


def _round(aftermath: Aftermath, clients: ConcurrentClients, environment: str, made: int) -> None:
    server = aftermath.server
    before = aftermath.installation.backings()
    deletes = _deletes_of(aftermath, environment)
    creates = [_creates(environment) for _ in range(CLIENTS)]
    rush = clients.start(server.port, aftermath.installation.token, [*creates, *deletes])
    eventually(lambda: len(aftermath.installation.backings() - before) >= made, 20)
    workers = server.kill()
    # They have a moment to die in; a server that is started at once finds the port free all the same.
    eventually(lambda: server.port_is_free() and not any(map(is_alive, workers)), 1)
    answers = rush.answers()
    server.start()
    aftermath.creates += _asked(creates, answers[:CLIENTS])
    aftermath.deletes += _asked(deletes, answers[CLIENTS:])


def _creates(environment: str) -> list[Request]:
    names = [f"volume-{uuid.uuid4()}" for _ in range(EACH)]
    return [create(environment, name, Idempotency_Key=f"key of {name}") for name in names]


def _deletes_of(aftermath: Aftermath, environment: str) -> list[list[Request]]:
    """Return two streams of deletes of volumes that are known to exist."""
    gone = {request.path for request, _ in aftermath.deletes}
    paths = [
        f"{environment}/volume/{answer.body['id']}"
        for _, answer in aftermath.creates
        if answer.status == 201
    ]
    left = [delete(path) for path in paths if path not in gone]
    return [left[:DELETED], left[DELETED : 2 * DELETED]]


def _asked(tasks: list[list[Request]], answers: list[list[Answer]]) -> list[tuple[Request, Answer]]:
    """Return the requests that were sent, each with its response."""
    pairs = [
        zip(requests, heard, strict=False) for requests, heard in zip(tasks, answers, strict=True)
    ]
    return [pair for pairs_of_one in pairs for pair in pairs_of_one]


def test_servers_were_killed_in_the_middle_of_the_streams(aftermath: Aftermath) -> None:
    heard = [answer.status for _, answer in aftermath.creates]
    assert set(heard) == {201, 0}
    assert 3 <= heard.count(0) <= 2 * CLIENTS
    assert {answer.status for _, answer in aftermath.deletes} <= {200, 0}
    assert aftermath.deletes


def test_everything_settles_after_the_kills(aftermath: Aftermath) -> None:
    must_hold(aftermath.installation)


def test_every_acknowledged_create_exists_unless_it_was_deleted(aftermath: Aftermath) -> None:
    acknowledged = {answer.body["id"][4:] for _, answer in aftermath.creates if answer.status}
    deleted = {request.path[-36:] for request, _ in aftermath.deletes}
    live = aftermath.installation.ids("SELECT id FROM volumes_volume WHERE NOT is_deleted")
    assert acknowledged - deleted <= live


def test_every_acknowledged_delete_has_happened(aftermath: Aftermath) -> None:
    acknowledged = {request.path[-36:] for request, answer in aftermath.deletes if answer.status}
    assert not acknowledged & aftermath.installation.backings()
    live = aftermath.installation.ids("SELECT id FROM volumes_volume WHERE NOT is_deleted")
    assert not acknowledged & live


def test_retry_with_the_same_key_returns_the_same_volume(aftermath: Aftermath) -> None:
    deleted = {request.path[-36:] for request, _ in aftermath.deletes}
    standing = [
        (request, answer)
        for request, answer in aftermath.creates
        if not (answer.status and answer.body["id"][4:] in deleted)
    ]
    retries = aftermath.server.wire().until_cut_off(request for request, _ in standing)
    assert {answer.status for answer in retries} == {201}
    known = [(was, now) for (_, was), now in zip(standing, retries, strict=True) if was.status]
    assert all(was.body["id"] == now.body["id"] for was, now in known)
    assert len({answer.body["id"] for answer in retries}) == len(retries)
    must_hold(aftermath.installation)


def test_no_volume_was_created_twice(aftermath: Aftermath) -> None:
    names = [name for (name,) in aftermath.installation.rows("SELECT name FROM volumes_volume")]
    assert len(names) == len(set(names))
    assert set(names) <= {request.body["name"] for request, _ in aftermath.creates}


def test_another_reconciler_takes_over_the_rows_of_one_that_was_killed(
    aftermath: Aftermath, taken_over: Installation
) -> None:
    must_hold(taken_over)
    assert "Traceback" not in taken_over.log.read_text()
