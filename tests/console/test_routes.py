"""Every page for every caller, by cookie and by token: foreign objects look like unknown ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from accounts.callers import SYSTEM
from accounts.models import Company, Invitation, Membership, Token, User
from tests.factories import EnvironmentFactory, give_token
from tests.support import callers
from tests.support.api import Api
from tests.support.browser import Browser
from tests.support.page_routes import OUTSIDE, PAGES, Page, page_routes
from tests.support.rollback import rolled_back
from volumes.models import Application, Environment, Snapshot, Volume
from volumes.services.attachments import attach
from volumes.services.creation import create_volume
from volumes.services.volumes import delete_volume
from volumes.specs.attachment import AttachmentSpec
from volumes.specs.volume import VolumeSpec

World = dict[str, str]

NIL = "00000000-0000-0000-0000-000000000000"
NOWHERE = {
    **dict.fromkeys(("env", "empty", "volume", "spare", "gone", "app", "snapshot", "token"), NIL),
    "company": NIL,
    "invitation": NIL,
    "member": "0",
}
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
METHODS = ("GET", "POST", "PUT")
FORM = "application/x-www-form-urlencoded"
LIVE = {"HX-Request": "true", "HX-Trigger": "filter"}
"""What htmx sends when it asks for a part of a page."""

BY_REFERENCE = [
    ("GET", "activity?company={company}", {}),
    ("GET", "activity.csv?company={company}", {}),
    ("GET", "activity?environment={env}", {}),
    ("GET", "activity.csv?environment={env}", {}),
    ("GET", "settings/members?company={company}", {}),
    ("POST", "settings/members?company={company}", {"username": "bob", "role": "viewer"}),
    ("POST", "settings/members/{member}/role", {"role": "viewer"}),
    ("POST", "settings/members/{member}/remove", {}),
    ("POST", "settings/members/invitation/{invitation}/withdraw", {}),
    ("POST", "settings/invitations/{invitation}/accept", {}),
    ("POST", "settings/invitations/{invitation}/decline", {}),
    ("POST", "settings/tokens", {"name": "x", "scope": "read", "environment": "{env}"}),
    ("POST", "settings/tokens/{token}/revoke", {}),
    ("POST", "new-environment", {"name": "x", "company": "{company}"}),
    ("GET", "env/{own}/new?restoreFrom=snap-{snapshot}", {}),
    ("POST", "env/{own}/new", {"name": "x", "size": "1", "restoreFrom": "snap-{snapshot}"}),
    ("POST", "env/{own}/new", {"name": "x", "size": "1", "applications": "app-{app}"}),
    ("POST", "env/{own}/new", {"name": "x", "applications": "app-{app}", "check": "1"}),
    ("POST", "env/{own}/selected", {"do": "delete", "volume": "vol-{volume}"}),
    ("POST", "env/{own}/selected", {"do": "snapshot", "volume": "{volume}"}),
    ("GET", "env/{own}/v/{mine}/attach?app=app-{app}", {}),
    ("POST", "env/{own}/v/{mine}/attach", {"appIdRef": "app-{app}"}),
    ("POST", "env/{own}/v/{mine}/edit", {"name": "mine", "applications": "app-{app}"}),
]
"""Where Charlie, in what is his own, may name what belongs to others."""


@pytest.fixture
def world(
    company: Company,
    environment: Environment,
    volume: Volume,
    snapshot: Snapshot,
    web: Application,
    make: Callable[..., Volume],
    alice: User,
    settings: Any,
) -> World:
    """The names that the table's paths are filled with."""
    settings.VOLUME_DELETE_GRACE = 3600
    spec = AttachmentSpec(application_id=web.pk)
    attach(environment=environment, volume_id=volume.pk, spec=spec, actor=SYSTEM)
    gone = make("gone", size=1)
    delete_volume(environment=environment, volume_id=gone.pk, cascade=False, actor=SYSTEM)
    give_token(alice)
    mate = callers.member("mate", company)
    return {
        "company": str(company.pk),
        "env": str(environment.pk),
        "empty": str(EnvironmentFactory.create(company=company, name="empty").pk),
        "volume": str(volume.pk),
        "spare": str(make("spare", size=1).pk),
        "gone": str(gone.pk),
        "app": str(web.pk),
        "snapshot": str(snapshot.pk),
        "token": str(Token.objects.get(owner=alice).pk),
        "member": str(Membership.objects.get(user=mate).pk),
        "invitation": str(callers.invited(company, by=alice).pk),
    }


@pytest.fixture
def everybody(
    alice: User, erin: User, bob: User, charlie: User, company: Company
) -> dict[str, Api]:
    return callers.everybody(company, admin=alice, editor=erin, viewer=bob, stranger=charlie)


@pytest.fixture
def charlies_own(charlies_environment: Environment, memory: object) -> World:
    """An environment and a volume of the stranger's."""
    mine, _ = create_volume(
        environment=charlies_environment,
        spec=VolumeSpec(name="mine", size=1, mount_path="/data/mine"),
        snapshots=Snapshot.objects.none(),
        actor=SYSTEM,
    )
    return {"own": str(charlies_environment.pk), "mine": str(mine.pk)}


def role_of(caller: str) -> str:
    """What pages make of a caller: a token says nothing to them."""
    name, _, way = caller.partition(", ")
    outside = way != "cookie" or name in {"deactivated", "reactivated", "half logged in"}
    return OUTSIDE if outside else name


def send(client: Api, method: str, page: Page, names: World, **headers: str) -> Any:
    headers = {"X-Request-ID": "same", "Content-Type": FORM, **headers}
    return client.send(method, f"/{page.path.format(**names)}", page.body(names), **headers)


def ask(client: Api, method: str, page: Page, names: World, **headers: str) -> int:
    cookies = deepcopy(client.client.cookies)
    with rolled_back():
        status = int(send(client, method, page, names, **headers).status_code)
    client.client.cookies = cookies  # who has logged out goes on
    return status


def looks(response: Any) -> tuple[int, str, list[tuple[str, str]]]:
    """An answer but for what always differs: the time, CSRF tokens, the ids that were asked for."""
    text = b"".join(response).decode() if response.streaming else response.content.decode()
    text = re.sub(r'(csrfmiddlewaretoken" value=|hx-headers=)[^>]*', r"\1", text)
    headers = [(name, re.sub(UUID, "ID", value)) for name, value in response.headers.items()]
    kept = sorted(one for one in headers if one[0] not in {"Content-Length", "Expires"})
    return response.status_code, re.sub(UUID, "ID", text), kept


def test_every_page_is_in_the_table() -> None:
    assert {route for _, route in PAGES} == page_routes()


@pytest.mark.parametrize("method", METHODS)
def test_every_caller_gets_the_response_of_the_table(
    world: World, everybody: dict[str, Api], method: str, record_property: Callable[..., None]
) -> None:
    places = {route: page for (_, route), page in PAGES.items()}
    # What the table does not have is refused to everybody.
    rows = {route: PAGES.get((method, route), Page(places[route].path, {})) for route in places}
    results = {
        (route, caller): ask(client, method, page, world)
        for route, page in rows.items()
        for caller, client in everybody.items()
    }
    record_property("asked", len(results))
    assert results == {
        (route, caller): rows[route].statuses.get(role_of(caller), 405) for route, caller in results
    }


def test_a_fragment_has_the_permissions_of_its_page(
    world: World, everybody: dict[str, Api], record_property: Callable[..., None]
) -> None:
    pages = {route: page for (method, route), page in PAGES.items() if method == "GET"}
    results = {
        (route, caller): ask(client, "GET", page, world, **LIVE)
        for route, page in pages.items()
        for caller, client in everybody.items()
    }
    record_property("asked", len(results))
    assert results == {
        (route, caller): pages[route].statuses[role_of(caller)] for route, caller in results
    }


HIDDEN = {case: page for case, page in PAGES.items() if page.statuses.get("stranger") == 404}


def alike(browser: Browser, case: tuple[str, str], worlds: list[World]) -> tuple[set[int], int]:
    """The statuses, and how many different answers there are, headers and all."""
    answers = [send(browser, case[0], HIDDEN[case], names) for names in worlds]
    different = {(one.content, str(sorted(one.headers.items()))) for one in answers}
    return {one.status_code for one in answers}, len(different)


def test_foreign_objects_get_the_same_response_as_unknown_ones(world: World, charlie: User) -> None:
    half = world | {"env": NIL, "empty": NIL}
    results = {case: alike(Browser(charlie), case, [world, half, NOWHERE]) for case in HIDDEN}
    assert results == dict.fromkeys(results, ({404}, 1))
    assert len(results) > 40


def test_an_invitation_shows_nothing_of_the_company(world: World) -> None:
    person = User.objects.get(username="invited")
    hidden = [case for case, page in HIDDEN.items() if page.statuses["invited"] == 404]
    half = world | {"env": NIL, "empty": NIL}
    results = {case: alike(Browser(person), case, [world, half, NOWHERE]) for case in hidden}
    assert results == dict.fromkeys(results, ({404}, 1))
    assert len(results) > 40


def test_a_foreign_object_in_ones_own_environment_is_a_404(
    world: World, charlie: User, charlies_own: World
) -> None:
    own = {"env": charlies_own["own"]}
    below = [case for case in HIDDEN if "env_id" in case[1] and case[1].count("<") > 1]
    results = {case: alike(Browser(charlie), case, [world | own, NOWHERE | own]) for case in below}
    assert results == dict.fromkeys(results, ({404}, 1))
    assert len(results) > 20


@pytest.mark.parametrize(("method", "path", "form"), BY_REFERENCE)
def test_a_reference_to_a_foreign_object_gets_the_same_error_as_an_unknown_one(
    world: World, charlie: User, charlies_own: World, method: str, path: str, form: dict[str, str]
) -> None:
    page = Page(path, {}, form)
    seen = []
    for names in (world, NOWHERE):
        with rolled_back():
            seen.append(looks(send(Browser(charlie), method, page, names | charlies_own)))
    assert seen[0] == seen[1]
    assert not Volume.objects.get(name="uploads").is_deleted


def test_callers_without_access_have_changed_nothing(
    world: World, charlie: User, environment: Environment
) -> None:
    browser, before = Browser(charlie), list(Volume.objects.order_by("pk").values())
    for (method, _), page in PAGES.items():
        send(browser, method, page, world)
    assert list(Volume.objects.order_by("pk").values()) == before
    assert environment.applications.live().count() == 1
    assert Membership.objects.filter(pk=world["member"]).exists()
    assert Invitation.objects.filter(pk=world["invitation"]).exists()
    assert Environment.objects.filter(company=environment.company_id, version=1).count() == 2
