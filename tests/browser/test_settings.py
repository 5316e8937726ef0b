"""The settings, as a person uses them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.world import World
from tests.support.chromium import needs_chromium
from tests.support.wire import Wire

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]


def test_a_token_is_created_shown_once_used_and_revoked(visit: Open, world: World) -> None:
    page = visit("/settings/tokens")
    page.get_by_label("Name", exact=True).fill("deploy from CI")
    page.get_by_label("Code").fill(world.codes["alice"].pop())
    page.get_by_role("button", name="Make the token").click()
    secret = page.locator(".secret").inner_text().strip()
    assert Wire(world.server.port, secret).get("/environments").status == 200

    page.goto("/settings/tokens")
    expect(page.locator("main")).not_to_contain_text(secret)
    row = page.locator("tr", has_text="deploy from CI")
    row.locator("summary").click()
    row.get_by_role("button").last.click()
    expect(row).to_have_count(0)
    assert Wire(world.server.port, secret).get("/environments").status == 401


def test_a_token_shows_its_last_use_and_a_near_end_is_flagged(visit: Open) -> None:
    page = visit("/settings/tokens")
    row = page.locator("tr", has_text="nightly-backup")
    expect(row.locator("[data-label='Last used'] time")).to_have_attribute(
        "title", re.compile("UTC")
    )
    expect(row.locator(".status.warning")).to_have_text(re.compile(r"in\s[23]\sdays"))
    expect(page.locator("tr", has_text="grafana").locator(".warning")).to_have_count(0)


@pytest.mark.parametrize(
    ("system", "choice", "scheme"),
    [
        ("dark", "System", "dark"),
        ("light", "System", "normal"),
        ("light", "Dark", "dark"),
        ("dark", "Light", "normal"),
    ],
)
def test_the_reference_follows_the_theme(
    visit: Open, system: str, choice: str, scheme: str
) -> None:
    page = visit("/settings/security", color_scheme=system)
    with page.expect_navigation():
        page.get_by_role("button", name=choice).click()
    page.goto("/docs")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == scheme


def test_the_theme_is_remembered(visit: Open) -> None:
    page = visit("/settings/security", color_scheme="light")
    with page.expect_navigation():
        page.get_by_role("button", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.goto("/activity")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    with page.expect_navigation():
        page.get_by_role("button", name="System").click()
