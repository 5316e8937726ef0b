"""Every route of the URLconf, for everybody, by token and by cookie."""

import re

import pytest

from accounts.models import Role
from tests.support import callers
from tests.support.rollback import rolled_back
from tests.support.routes import ROWS, bases, expected, filled, routes
from volumes.models import Environment

NOWHERE = {
    "env": "00000000-0000-0000-0000-000000000000",
    "empty": "00000000-0000-0000-0000-000000000000",
    "volume": "vol-00000000-0000-0000-0000-000000000000",
    "spare": "vol-00000000-0000-0000-0000-000000000000",
    "gone": "vol-00000000-0000-0000-0000-000000000000",
    "app": "app-00000000-0000-0000-0000-000000000000",
    "snapshot": "snap-00000000-0000-0000-0000-000000000000",
}
OBJECT = re.compile(r"<str:envId>.*<str:")


@pytest.fixture
def everybody(alice, erin, bob, charlie, company):
    """Who speaks with what."""
    return callers.everybody(company, admin=alice, editor=erin, viewer=bob, stranger=charlie)


def verdicts(row, *, stranger):
    """The status for every caller of a route that needs this role."""
    by_role = {
        role: row.status if Role(role).includes(row.needs) else 403
        for role in ("viewer", "editor", "admin")
    }
    return {
        "nobody": 401,
        "stranger, token": stranger,
        "stranger, cookie": stranger,
        "invited, token": stranger,
        "invited, cookie": stranger,
        "staff, token": stranger,
        "staff, cookie": stranger,
        **{f"{role}, token": status for role, status in by_role.items()},
        **{f"{role}, cookie": status for role, status in by_role.items()},
        "deactivated, token": 401,
        "deactivated, cookie": 401,
        "reactivated, token": 401,
        "reactivated, cookie": 401,
        "without factor, token": 403,
        # In any other way than on the page: the session goes on as one without a factor.
        "without factor, cookie": row.status,
        "half logged in, cookie": 401,
    }


def ask(caller, method, path, body):
    with rolled_back():
        return caller.send(method, path, body)


def distinguishable(answers):
    """The statuses, and how many different answers there are, headers and all."""
    different = {(one.content, str(sorted(one.headers.items()))) for one in answers}
    return {one.status_code for one in answers}, len(different)


def asked_about(caller, case, row, worlds, world):
    """The same call about several worlds, in requests that are otherwise alike."""
    body = filled(row.body, world)
    paths = [f"/{row.path.format(**names)}" for names in worlds]
    return [caller.send(case[0], path, body, X_Request_ID="same") for path in paths]


def test_every_route_is_in_the_table_and_served_at_every_base():
    assert set(routes()) == expected()


@pytest.mark.parametrize(("method", "route"), list(ROWS))
def test_every_caller_gets_the_response_of_the_contract(
    world, everybody, method, route, record_property
):
    row = ROWS[method, route]
    path, body = row.path.format(**world), filled(row.body, world)
    statuses = {
        (base, name): ask(caller, method, f"/{base}{path}", body).status_code
        for base in bases(route)
        for name, caller in everybody.items()
    }
    # Everybody has environments of their own: only here is a stranger none.
    own = {"environments": row.status}
    meant = verdicts(row, stranger=own.get(route, 404))
    record_property("asked", len(statuses))
    assert statuses == {(base, name): meant[name] for base in bases(route) for name in meant}


def test_a_foreign_environment_gets_the_same_response_as_an_unknown_one(world, charlies):
    missing = world | {"env": NOWHERE["env"], "empty": NOWHERE["empty"]}
    below = [(case, row) for case, row in ROWS.items() if "<str:" in case[1]]
    statuses = {
        case: distinguishable(asked_about(charlies, case, row, [world, missing, NOWHERE], world))
        for case, row in below
    }
    assert statuses == dict.fromkeys(statuses, ({404}, 1))
    assert len(statuses) == 25


def test_an_invitation_shows_nothing_of_the_environment(world, api, alice, company):
    person = callers.invited(company, by=alice).user
    missing = world | {"env": NOWHERE["env"], "empty": NOWHERE["empty"]}
    below = [(case, row) for case, row in ROWS.items() if "<str:" in case[1]]
    statuses = {
        case: distinguishable(asked_about(api(person), case, row, [world, missing, NOWHERE], world))
        for case, row in below
    }
    assert statuses == dict.fromkeys(statuses, ({404}, 1))
    assert len(statuses) == 25


def test_a_foreign_object_in_ones_own_environment_is_a_404(
    world, charlies, charlies_environment, environment
):
    own = {"env": str(charlies_environment.pk)}
    below = [(case, row) for case, row in ROWS.items() if OBJECT.search(case[1])]
    statuses = {
        case: distinguishable(asked_about(charlies, case, row, [world | own, NOWHERE | own], world))
        for case, row in below
    }
    assert statuses == dict.fromkeys(statuses, ({404}, 1))
    assert len(statuses) == 16
    assert environment.volumes.live().count() == 2  # and what is gone has not come back


def test_callers_without_access_have_changed_nothing(world, charlies, environment):
    for (method, _), row in ROWS.items():
        charlies.send(method, f"/{row.path.format(**world)}", filled(row.body, world))
    assert environment.volumes.live().count() == 2
    assert not Environment.objects.filter(pk=environment.pk).exclude(version=1).exists()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1",
        "/api/v1/",
        "/api/v1/nonsense",
        "/environments/",
        "/environments/{env}/nonsense",
        "/{env}",
        "/{env}/",
        "/{env}/nonsense",
        "/{env}/volume/",
        "/{env}/volume/{volume}/",
        "/{env}/volume/{volume}/nonsense",
        "/{env}/app/",
        "/{env}/app/{app}/nonsense",
        "/nonsense/volume/",
        "/nonsense/app/x/y/z",
    ],
)
def test_an_unknown_path_of_the_api_gets_json(world, alices, api, path):
    asked = path.format(**world)
    found, unknown = alices.get(asked, Accept="text/html"), api().get(asked)
    assert (found.status_code, found.json()["code"]) == (404, "NOT_FOUND")
    assert (unknown.status_code, unknown.json()["code"]) == (401, "UNAUTHORIZED")
    assert alices.post(asked, {}).status_code == 404


@pytest.mark.parametrize(
    "word",
    [
        "nonsense",
        "settings",
        "static",
        "login",
        "admin",
        "api",
        "x\ny",
    ],
)
@pytest.mark.parametrize("kind", ["volume", "app"])
def test_paths_below_any_environment_id_get_json(alices, word, kind):
    response = alices.get(f"/{word}/{kind}")
    assert response.status_code == 400
    assert response.json()["code"] == "VALIDATION_FAILED"


@pytest.mark.parametrize("path", ["/nonsense", "/volume", "/app", "/x/volumes", "/environment"])
def test_unknown_paths_outside_the_api_get_a_page(api, path):
    response = api().get(path)
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_unknown_methods_are_a_405_in_json(world, alices):
    paths = {f"/{row.path.format(**world)}" for row in ROWS.values()}
    refused = [
        alices.send(method, path, None, Accept="text/html")
        for path in paths
        for method in ("PATCH", "OPTIONS", "TRACE")
    ]
    assert {response.status_code for response in refused} == {405}
    assert {response.json()["code"] for response in refused} == {"METHOD_NOT_ALLOWED"}


def test_a_405_names_the_allowed_methods(world, alices):
    response = alices.send("PATCH", f"/{world['env']}/volume/{world['volume']}", {})
    assert response["Allow"] == "GET, HEAD, PUT, DELETE"
