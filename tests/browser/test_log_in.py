"""Logging in as a person does."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.world import World
from tests.support.chromium import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]


def test_alice_logs_in_with_password_and_code(visit: Open, world: World) -> None:
    page = visit("/", who="")
    page.fill("[name=username]", "alice")
    page.fill("[name=password]", world.passwords["alice"])
    page.keyboard.press("Enter")
    page.fill("[autocomplete=one-time-code]", world.codes["alice"].pop())
    page.keyboard.press("Enter")
    expect(page.locator(".avatar")).to_have_text("AL")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
