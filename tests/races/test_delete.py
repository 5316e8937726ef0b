"""Many clients delete what others use, and reuse what others delete."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.races.helpers import CLIENTS, alternating, clone, codes, delete, outcomes, statuses
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.invariants import must_hold
from tests.support.server import Server
from tests.support.wire import Request

PAIRS = CLIENTS // 2


def volumes(server: Server, environment: str) -> list[str]:
    return [server.volume(environment, f"volume-{n}") for n in range(PAIRS)]


def attach(volume: str, application: str) -> Request:
    return Request("POST", f"{volume}/attachment", {"appIdRef": application.rpartition("/")[2]})


def test_volume_is_either_deleted_or_attached(server: Server, clients: ConcurrentClients) -> None:
    environment = server.environment()
    application = server.application(environment)
    paths = volumes(server, environment)
    attaches = [attach(path, application) for path in paths]
    deletes = [delete(path) for path in paths]
    answers = server.send_at_once(clients, alternating(attaches, deletes))
    assert outcomes(answers) <= {(201, 409), (404, 200)}
    must_hold(server.installation)


def a_volume(server: Server) -> str:
    return server.volume(server.environment())


def a_snapshot(server: Server) -> str:
    return server.snapshot(a_volume(server))


def an_application(server: Server) -> str:
    return server.application(server.environment())


def an_environment(server: Server) -> str:
    return f"/environments{server.environment()}"


@pytest.mark.parametrize("make", [a_volume, a_snapshot, an_application, an_environment])
def test_one_of_32_deletes_succeeds(
    server: Server, clients: ConcurrentClients, make: Callable[[Server], str]
) -> None:
    path = make(server)
    answers = server.send_at_once(clients, [delete(path)] * CLIENTS)
    assert statuses(answers) == [200] + [404] * 31
    must_hold(server.installation)


@pytest.mark.parametrize(
    ("query", "allowed"),
    [("", {(201, 409), (404, 200)}), ("?cascade=true", {(201, 200), (404, 200)})],
)
def test_a_snapshot_is_taken_before_the_delete_or_not_at_all(
    server: Server, clients: ConcurrentClients, query: str, allowed: set[tuple[int, int]]
) -> None:
    paths = volumes(server, server.environment())
    takes = [Request("POST", f"{path}/snapshot", {}) for path in paths]
    deletes = [delete(path + query) for path in paths]
    answers = server.send_at_once(clients, alternating(takes, deletes))
    assert outcomes(answers) <= allowed
    must_hold(server.installation)


def test_a_snapshot_fills_whole_volumes_or_is_deleted_first(
    server: Server, clients: ConcurrentClients
) -> None:
    environment = server.environment()
    snapshots = [server.snapshot(path) for path in volumes(server, environment)]
    clones = [clone(environment, f"copy-{n}", one) for n, one in enumerate(snapshots)]
    deletes = [delete(snapshot) for snapshot in snapshots]
    answers = server.send_at_once(clients, alternating(clones, deletes))
    assert outcomes(answers) <= {(201, 409), (201, 200), (409, 200), (400, 200)}
    must_hold(server.installation)


def test_one_of_32_attaches_of_one_application_succeeds(
    server: Server, clients: ConcurrentClients
) -> None:
    environment = server.environment()
    path, application = server.volume(environment), server.application(environment)
    answers = server.send_at_once(clients, [attach(path, application)] * CLIENTS)
    assert statuses(answers) == [201] + [409] * 31
    assert codes(answers) == [{"attached_already"}] * 31
    must_hold(server.installation)


def test_one_of_32_volumes_gets_the_mount_path(server: Server, clients: ConcurrentClients) -> None:
    environment = server.environment()
    application = server.application(environment)
    paths = [
        server.volume(environment, f"volume-{n}", mountPath="/srv/same") for n in range(CLIENTS)
    ]
    answers = server.send_at_once(clients, [attach(path, application) for path in paths])
    assert statuses(answers) == [201] + [409] * 31
    assert codes(answers) == [{"mount_path_taken"}] * 31
    must_hold(server.installation)


def test_deleting_an_application_removes_even_late_attachments(
    server: Server, clients: ConcurrentClients
) -> None:
    environment = server.environment()
    path = server.volume(environment)
    applications = [server.application(environment, f"web-{n}") for n in range(PAIRS)]
    attaches = [attach(path, application) for application in applications]
    deletes = [delete(application) for application in applications]
    answers = server.send_at_once(clients, alternating(attaches, deletes))
    assert outcomes(answers) <= {(201, 200), (400, 200)}
    assert server.wire().get(f"{path}/attachment").body == []
    must_hold(server.installation)


def test_one_request_gets_the_name_of_a_deleted_volume(
    server: Server, clients: ConcurrentClients
) -> None:
    environment = server.environment(quota=20)
    path = server.volume(environment)
    spec = {"name": "app-data", "size": 10}
    creates = [Request("POST", f"{environment}/volume", spec) for _ in range(CLIENTS - 1)]
    answers = server.send_at_once(clients, [delete(path), *creates])
    assert answers[0].status == 200
    assert statuses(answers[1:]) in ([409] * 31, [201] + [409] * 30)
    must_hold(server.installation)
