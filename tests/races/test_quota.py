"""Many clients use up a quota at once: they get all of it, and not one MB more."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.races.helpers import (
    CLIENTS,
    alternating,
    clone,
    codes,
    create,
    delete,
    put,
    restore,
    statuses,
)
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.invariants import must_hold
from tests.support.server import Server
from tests.support.wire import Answer, Request

Way = Callable[[Server, list[str]], list[Request]]


def creates(server: Server, places: list[str]) -> list[Request]:
    return [create(place, f"volume-{n}") for n, place in _spread(places)]


def clones(server: Server, places: list[str]) -> list[Request]:
    snapshot = server.snapshot(server.volume(places[0], "source"))
    return [clone(place, f"copy-{n}", snapshot) for n, place in _spread(places)]


def grows(server: Server, places: list[str]) -> list[Request]:
    paths = [server.volume(place, f"volume-{n}") for n, place in _spread(places)]
    return [put(path, {"size": 20}) for path in paths]


def _spread(places: list[str]) -> list[tuple[int, str]]:
    return [(n, places[n % len(places)]) for n in range(CLIENTS)]


WAYS: dict[str, tuple[Way, int]] = {
    "create": (creates, 0),
    "clone": (clones, 10),
    "grow": (grows, 10 * CLIENTS),
}
"""The ways to request 10 MB more, each with what is used before."""


def used(server: Server, *places: str) -> int:
    answers = [server.wire().get(f"/environments{place}/resource-usage") for place in places]
    return sum(answer.body["used"]["storage"] for answer in answers)


def assert_five_fit(server: Server, answers: list[Answer], taken: int, *places: str) -> None:
    assert [answer.status < 300 for answer in answers].count(True) == 5
    assert codes(answers) == [{"quota_exceeded"}] * 27
    assert used(server, *places) == taken + 50
    must_hold(server.installation)


@pytest.mark.parametrize(("ask", "taken"), WAYS.values(), ids=WAYS)
def test_environment_with_quota_for_five_accepts_five_of_32(
    server: Server, clients: ConcurrentClients, ask: Way, taken: int
) -> None:
    place = server.environment(quota=taken + 59)
    answers = server.send_at_once(clients, ask(server, [place]))
    assert_five_fit(server, answers, taken, place)


@pytest.mark.parametrize(("ask", "taken"), WAYS.values(), ids=WAYS)
def test_company_with_quota_for_five_accepts_five_of_32_in_two_environments(
    server: Server, clients: ConcurrentClients, ask: Way, taken: int
) -> None:
    names = (f"Room for {ask.__name__}", "east", "alice")
    made = server.installation.bootstrap(*names, "--company-quota", str(taken + 59))
    east, west = f"/{made['environmentId']}", server.environment(company=made["companyId"])
    answers = server.send_at_once(clients, ask(server, [east, west]))
    assert_five_fit(server, answers, taken, east, west)


@pytest.mark.parametrize("table", ["volumes_environment", "accounts_company"])
@pytest.mark.parametrize("ask", [creates, clones, grows])
def test_create_waits_for_a_concurrent_change_of_the_quota(
    server: Server, clients: ConcurrentClients, ask: Way, table: str
) -> None:
    name = f"{ask.__name__}-{table.partition('_')[0]}"
    quotas = ("--quota", "9000", "--company-quota", "9000")
    made = server.installation.bootstrap(name, name, "alice", *quotas)
    request, *_ = ask(server, [f"/{made['environmentId']}"])
    take = f"UPDATE {table} SET storage_used = storage_used + %d WHERE name = '{name}'"
    with server.installation.meddling(take % 9000):
        stream = clients.start(server.port, server.installation.token, [[request]])
        time.sleep(1)  # it has looked by now, and would have gone by what it saw
    ((answer,),) = stream.answers()
    server.installation.meddle(take % -9000)
    assert codes([answer]) == [{"quota_exceeded"}]
    must_hold(server.installation)


def test_restored_volume_keeps_its_share_of_the_quota(
    forgiving: Server, clients: ConcurrentClients
) -> None:
    place = forgiving.environment(quota=10 * (CLIENTS // 2))
    paths = [forgiving.volume(place, f"volume-{n}") for n in range(CLIENTS // 2)]
    assert statuses(forgiving.send_at_once(clients, [delete(path) for path in paths])) == [200] * 16
    more = [create(place, f"more-{n}", size=1) for n in range(CLIENTS // 2)]
    answers = forgiving.send_at_once(clients, alternating([restore(path) for path in paths], more))
    assert {answer.status for answer in answers[::2]} == {200}
    assert codes(answers[1::2]) == [{"quota_exceeded"}] * 16
    assert used(forgiving, place) == 160
    must_hold(forgiving.installation)
