"""The settings, as a person uses them."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.support.chromium import needs_chromium
from tests.support.server import Server
from tests.support.wire import Wire

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]


def test_a_token_is_made_shown_once_used_and_revoked(visit: Open, site: Server) -> None:
    page = visit("/settings/tokens")
    page.get_by_label("Name").fill("deploy from CI")
    page.get_by_label("Code").fill(site.installation.made["recoveryCodes"].pop())
    page.get_by_role("button", name="Make the token").click()
    secret = page.locator(".secret").inner_text().strip()
    assert Wire(site.port, secret).get("/environments").status == 200

    page.goto("/settings/tokens")
    expect(page.locator("main")).not_to_contain_text(secret)
    row = page.locator("tr", has_text="deploy from CI")
    row.locator("summary").click()
    row.get_by_role("button").last.click()
    expect(page.locator("main")).not_to_contain_text("deploy from CI just")
    assert Wire(site.port, secret).get("/environments").status == 401


def test_the_theme_is_a_choice_that_stays(visit: Open) -> None:
    page = visit("/settings/security", color_scheme="light")
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.goto("/activity")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.get_by_role("button", name="System").click()
