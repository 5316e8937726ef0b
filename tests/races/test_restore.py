"""Many clients restore volumes at once, while others reuse names and the grace period ends."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.races.helpers import (
    CLIENTS,
    alternating,
    codes,
    create,
    delete,
    outcomes,
    restore,
    statuses,
)
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.invariants import must_hold
from tests.support.server import Server, serving

GRACE = 1


@pytest.fixture(scope="module")
def hasty(server: Server) -> Iterator[Server]:
    """A server of the same installation with a grace period of one second."""
    with serving(server.installation, VOLUME_DELETE_GRACE=str(GRACE)) as hasty:
        yield hasty
        hasty.terminate()


def test_one_of_32_restores_succeeds(forgiving: Server, clients: ConcurrentClients) -> None:
    path = forgiving.volume(forgiving.environment())
    forgiving.send_at_once(clients, [delete(path)])
    answers = forgiving.send_at_once(clients, [restore(path)] * CLIENTS)
    assert statuses(answers) == [200] + [409] * 31
    assert codes(answers) == [{"wrong_status"}] * 31
    assert forgiving.wire().get(path).body["version"] == 3
    must_hold(forgiving.installation)


def test_name_is_either_restored_or_used_by_another_volume(
    forgiving: Server, clients: ConcurrentClients
) -> None:
    place = forgiving.environment()
    names = [f"volume-{n}" for n in range(CLIENTS // 2)]
    paths = [forgiving.volume(place, name) for name in names]
    forgiving.send_at_once(clients, [delete(path) for path in paths])
    again = [create(place, name) for name in names]
    answers = forgiving.send_at_once(clients, alternating([restore(path) for path in paths], again))
    assert outcomes(answers) <= {(200, 409), (409, 201)}
    must_hold(forgiving.installation)


@pytest.mark.parametrize("late", [0, 0.5])
def test_volume_is_restored_with_data_or_removed_at_the_end_of_its_grace(
    hasty: Server, clients: ConcurrentClients, late: float
) -> None:
    place = hasty.environment()
    paths = [hasty.volume(place, f"volume-{n}") for n in range(CLIENTS)]
    hasty.send_at_once(clients, [delete(path) for path in paths])
    time.sleep(GRACE + late)
    answers = hasty.send_at_once(clients, [restore(path) for path in paths])
    assert {answer.status for answer in answers} <= {200, 409}
    must_hold(hasty.installation)
