"""The administration, as an operator uses it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.support.chromium import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]


def test_an_action_asks_for_confirmation(visit: Open) -> None:
    page = visit("/admin/volumes/volume/?q=redis-aof")
    page.locator("tbody input[type=checkbox]").first.check()
    page.locator("select[name=action]").select_option(value="snapshot")
    page.locator("button[name=index]").click()
    expect(page.locator(".outcomes")).to_contain_text("redis-aof")
    page.locator(".submit-row [type=submit]").click()
    expect(page.locator(".messagelist")).to_be_visible()


def test_shrinking_is_refused_with_the_message_of_the_api(visit: Open) -> None:
    page = visit("/admin/volumes/volume/?q=search-index")
    page.get_by_role("link", name="search-index").click()
    page.get_by_label("Size").fill("10")
    page.locator("[name=_save]").click()
    expect(page.locator("#content")).to_contain_text("can only grow")
