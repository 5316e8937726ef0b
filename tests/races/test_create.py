"""Many clients create at once."""

from __future__ import annotations

import uuid

from tests.races.helpers import CROWD, alternating, codes, create, delete, outcomes, statuses
from tests.support.crowd import Crowd
from tests.support.server import Server
from tests.support.truths import must_hold


def test_a_quota_for_five_takes_five_of_32_creates(server: Server, crowd: Crowd) -> None:
    environment = server.environment(quota=59)
    wishes = [create(environment, f"volume-{n}") for n in range(CROWD)]
    answers = crowd.rush(server.port, server.installation.token, wishes)
    assert statuses(answers) == [201] * 5 + [409] * 27
    assert codes(answers) == [{"quota_exceeded"}] * 27
    made = server.wire().get(f"{environment}/volume").body
    assert {volume["id"][4:] for volume in made} <= server.installation.backings()
    used = server.wire().get(f"/environments{environment}/resource-usage").body["used"]
    assert used == {"storage": 50} == {"storage": sum(volume["size"] for volume in made)}
    must_hold(server.installation)


def test_a_companys_quota_for_five_takes_five_of_32_creates_in_two_environments(
    server: Server, crowd: Crowd
) -> None:
    quota = ("--company-quota", "59")
    east = server.installation.bootstrap("Small", "east", "susan", *quota)
    west = server.installation.bootstrap("Small", "west", "susan")
    places = (f"/{east['environmentId']}", f"/{west['environmentId']}")
    wishes = [create(places[n % 2], f"volume-{n}") for n in range(CROWD)]
    answers = crowd.rush(server.port, east["token"], wishes)
    assert statuses(answers) == [201] * 5 + [409] * 27
    must_hold(server.installation)


def test_one_of_32_creates_gets_the_name(server: Server, crowd: Crowd) -> None:
    environment = server.environment()
    answers = crowd.rush(
        server.port, server.installation.token, [create(environment, "app-data")] * CROWD
    )
    assert statuses(answers) == [201] + [409] * 31
    assert codes(answers) == [{"name_taken"}] * 31
    assert len(server.wire().get(f"{environment}/volume").body) == 1
    must_hold(server.installation)


def test_one_idempotency_key_makes_one_volume_of_32_creates(server: Server, crowd: Crowd) -> None:
    environment = server.environment()
    wish = create(environment, "app-data", Idempotency_Key=str(uuid.uuid4()))
    answers = crowd.rush(server.port, server.installation.token, [wish] * CROWD)
    assert statuses(answers) == [201] * CROWD
    (made,) = server.wire().get(f"{environment}/volume").body
    assert {answer.body["id"] for answer in answers} == {made["id"]}
    replays = [answer.headers.get("idempotent-replay") for answer in answers]
    assert sorted(map(str, replays)) == ["None"] + ["true"] * 31
    must_hold(server.installation)


def test_an_environment_is_deleted_or_gets_a_volume_never_both(
    server: Server, crowd: Crowd
) -> None:
    places = [server.environment() for _ in range(CROWD // 2)]
    creates = [create(place, "app-data") for place in places]
    deletes = [delete(f"/environments{place}") for place in places]
    answers = crowd.rush(server.port, server.installation.token, alternating(creates, deletes))
    assert outcomes(answers) <= {(201, 409), (404, 200)}
    must_hold(server.installation)
