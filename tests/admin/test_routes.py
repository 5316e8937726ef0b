"""Every route of the admin, for everybody: an operator with a verified second factor, or nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import Company, Membership, Revision, Token, User
from tests.factories import UserFactory, give_second_factor, give_token
from tests.support import callers
from tests.support.admin_routes import OPEN, ROUTES, Desk, admin_routes
from tests.support.api import Api
from tests.support.browser import Browser
from tests.support.rollback import rolled_back
from volumes.models import Attachment, Snapshot, Volume

NOT_IN, REFUSED = 302, 403
METHODS = ("GET", "POST", "PUT", "DELETE")


@pytest.fixture
def world(
    company: Company, alice: User, attached: Volume, snapshot: Snapshot, environment: Any
) -> dict[str, str]:
    """One row of each model, by the name of the model."""
    give_token(alice)
    attachment = Attachment.objects.get(volume=attached)
    rows = {
        "company": company,
        "user": alice,
        "membership": Membership.objects.get(user=alice),
        "token": Token.objects.get(owner=alice),
        "invitation": callers.invited(company, by=alice),
        "revision": Revision.objects.order_by("pk").first(),
        "environment": environment,
        "application": attachment.application,
        "volume": attached,
        "attachment": attachment,
        "snapshot": snapshot,
    }
    return {name: str(row.pk) for name, row in rows.items()}


def operator(name: str) -> User:
    person: User = UserFactory.create(username=name, is_staff=True, is_superuser=True)
    give_second_factor(person)
    return person


@pytest.fixture
def outsiders(alice: User, bob: User, charlie: User, olga: User) -> dict[str, tuple[Api, int]]:
    """Everybody but an operator at work, and what the admin tells each of them."""
    leaver, careless = operator("leaver"), operator("careless")
    found: dict[str, tuple[Api, int]] = {
        "nobody": (Api(None), NOT_IN),
        "half logged in operator": (callers.half_logged_in(operator("half")), NOT_IN),
        "operator who never gave the code": (Browser(olga, with_code=False), NOT_IN),
        "deactivated operator": (Browser(leaver), NOT_IN),
        "operator without factor": (Browser(careless), REFUSED),
    }
    people = {"stranger": charlie, "viewer": bob, "admin": alice, "operator": olga}
    for name, person in people.items():
        # A token says nothing here, whoever owns it.
        found[f"{name}, token"] = (Api(give_token(person)), NOT_IN)
    for name, person in list(people.items())[:3]:
        found[f"{name}, cookie"] = (Browser(person), REFUSED)
    leaver.is_active = False
    leaver.save(update_fields=["is_active"])
    TOTPDevice.objects.filter(user=careless).delete()
    return found


def ask(caller: Api, method: str, desk: Desk, world: dict[str, str]) -> int:
    with rolled_back():
        return int(caller.send(method, f"/{desk.path.format(**world)}", None).status_code)


def test_every_route_of_the_admin_is_in_the_table() -> None:
    assert set(ROUTES) == admin_routes()


@pytest.mark.parametrize("method", METHODS)
def test_only_operators_have_access(
    world: dict[str, str],
    outsiders: dict[str, tuple[Api, int]],
    method: str,
    record_property: Callable[..., None],
) -> None:
    statuses = {
        (route, name): ask(caller, method, desk, world)
        for route, desk in ROUTES.items()
        if route not in OPEN
        for name, (caller, _) in outsiders.items()
    }
    record_property("asked", len(statuses))
    assert statuses == {(route, name): outsiders[name][1] for route, name in statuses}


def test_operators_get_the_response_of_the_table(
    world: dict[str, str], olga: User, record_property: Callable[..., None]
) -> None:
    statuses = {route: ask(Browser(olga), "GET", desk, world) for route, desk in ROUTES.items()}
    record_property("asked", len(statuses))
    assert statuses == {route: desk.status for route, desk in ROUTES.items()}


def test_the_admin_uses_the_login_page(
    world: dict[str, str], outsiders: dict[str, tuple[Api, int]]
) -> None:
    places = [caller.get("/admin/login/")["Location"] for caller, _ in outsiders.values()]
    assert set(places) == {"/login?next=/admin/"}
