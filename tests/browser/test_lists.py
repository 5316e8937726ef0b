"""Finding things: filters, pages, the activity."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.world import World
from tests.support.chromium import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]


ARCHIVE = "/env/{archive}"
"""An environment of 500 volumes."""


def test_typing_filters_the_list_and_the_address(visit: Open) -> None:
    page = visit(ARCHIVE)
    expect(page.locator("#count")).to_contain_text("500")
    page.keyboard.press("/")
    page.keyboard.type("volume-0012")
    expect(page.locator("#count")).to_contain_text("10 volumes")
    expect(page).to_have_url(re.compile("name=volume-0012"))
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(10)


def test_pagination_reaches_every_volume(visit: Open) -> None:
    page = visit(ARCHIVE)
    first = page.locator("tbody tr a").first.inner_text()
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody tr a").first).not_to_have_text(first)
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("tbody tr a").first).to_have_text(first)


def test_the_filter_works_without_script(visit: Open) -> None:
    page = visit(ARCHIVE, java_script_enabled=False)
    page.fill("#filter-name", "volume-00123")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_the_activity_is_exported(visit: Open) -> None:
    page = visit("/activity")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) > 20
    assert any("postgres-data" in line for line in lines)


@pytest.fixture
def zoe(world: World) -> str:
    """She administers two companies of her own."""
    made = world.server.installation.bootstrap("Aurochs", "meadow", "zoe")
    world.server.installation.bootstrap("Zebra", "stables", "zoe")
    world.passwords["zoe"], world.codes["zoe"] = made["password"], made["recoveryCodes"]
    return "zoe"


def test_another_company_has_another_page(visit: Open, zoe: str) -> None:
    page = visit("/activity?action=create", who=zoe)
    expect(page.get_by_text("What people and tokens did in Aurochs")).to_be_visible()
    page.get_by_label("Company").select_option(label="Zebra")
    expect(page.get_by_text("What people and tokens did in Zebra")).to_be_visible()
    assert page.get_by_label("Environment").inner_text().split() == ["Anywhere", "stables"]
    expect(page).to_have_url(re.compile(r"/activity\?company=[-0-9a-f]{36}$"))
    page.reload()
    expect(page.get_by_text("What people and tokens did in Zebra")).to_be_visible()
