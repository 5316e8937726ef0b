"""The list of pages against the addresses that the site has."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import APIRequestContext

from accounts.admin.site import site
from config.paths import is_api_path
from tests.browser.conftest import Open
from tests.browser.pages import MEANT, PAGES
from tests.browser.world import World
from tests.support.chromium import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]

MEANINGS = {
    "env_id": "env",
    "volume_id": "volume",
    "app_id": "app",
    "snapshot_id": "snapshot",
    "member_id": "membership",
    "invitation_id": "invitation",
    "token_id": "token",
    "id": "user",
}
"""What stands in the world for an argument of the URLconf."""
BY_HAND = {
    "admin/(?P<app_label>accounts|volumes)/$": "/admin/volumes/",
    "admin/(?P<url>.*)$": "/admin/nothing-here",
}
NOWHERE = {"/nothing-here", "/broken/400", "/broken/500", "/broken/503"}
"""Looked at for what is said there, and no address of the site."""


def routes(prefix: str, patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        own = str(pattern.pattern)
        whole = prefix + (own.removeprefix("^") if prefix else own)  # as `resolve` tells it
        if isinstance(pattern, URLResolver):
            yield from routes(whole, pattern.url_patterns)
        else:
            yield whole


def address_of(route: str, world: World) -> str:
    """The route with rows of the world in it; one with an argument that nobody knows fails."""
    if route in BY_HAND:
        return BY_HAND[route]
    model = route.split("/")[2] if route.startswith("admin/") and route.count("/") > 2 else ""
    meanings = MEANINGS | {"object_id": MEANT.get(model, "user"), "content_type_id": "user"}
    named = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: f"{{{meanings[found[1]]}}}", route)
    return world.address(f"/{named}")


def answers_with_a_page(request: APIRequestContext, address: str) -> bool:
    answer = request.get(address, max_redirects=0)
    return answer.status == 200 and answer.headers["content-type"].startswith("text/html")


def test_every_url_of_a_page_is_in_the_list(visit: Open, world: World) -> None:
    request = visit("/").context.request
    pages = {
        route
        for route in routes("", get_resolver().url_patterns)
        if not (is_api_path(f"/{route}") or "do/<slug:name>" in route or route.startswith("^"))
        and answers_with_a_page(request, address_of(route, world))
    }
    looked_at = {
        resolve(world.address(one.address).partition("?")[0]).route
        for one in PAGES.values()
        if one.address not in NOWHERE
    }
    assert sorted(pages - looked_at) == []


def test_every_admin_action_is_in_the_list() -> None:
    actions = {
        f"/admin/{model._meta.app_label}/{model._meta.model_name}/do/{action.name}/"
        for model, page in site._registry.items()
        for action in getattr(page, "row_actions", ())
    }
    assert actions - {one.address.partition("?")[0] for one in PAGES.values()} == set()
