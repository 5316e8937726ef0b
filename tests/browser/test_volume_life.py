"""The life of a volume, as a person leads it in the browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.support.chromium import needs_chromium
from tests.support.installation import Installation
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]


@pytest.fixture
def production(site: Server) -> str:
    return f"/env/{site.installation.made['environmentId']}"


def create(visit: Open, production: str, name: str, **options: bool) -> Page:
    """A new volume's page, reached through the form."""
    page = visit(f"{production}/new", **options)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Size", exact=True).fill("2GB")
    page.get_by_role("button", name="Create volume").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    return page


def backing(installation: Installation, page: Page) -> str:
    """The directory that should hold the data of the volume on this page."""
    return page.url.rstrip("/").rpartition("/")[2]


def test_a_problem_shows_while_typing_and_is_mended_on_the_way(
    visit: Open, production: str, site: Server
) -> None:
    page = visit(f"{production}/new")
    page.get_by_label("Name", exact=True).press_sequentially("postgres-data")
    expect(page.locator("#name-said")).to_contain_text("is taken in this environment")
    page.get_by_label("Name", exact=True).fill("sessions")
    expect(page.locator("#name-said")).not_to_contain_text("taken")
    page.get_by_label("Size", exact=True).fill("5GB")
    expect(page.locator("#quota")).to_contain_text("after")
    page.get_by_role("button", name="Create volume").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("sessions")
    expect(page.locator("main")).to_contain_text("Ready")
    assert backing(site.installation, page) in site.installation.backings()


def test_it_is_attached_grown_copied_and_restored(visit: Open, production: str) -> None:
    page = create(visit, production, "orders")
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Attach an application").click()
    page.get_by_label("Application").select_option(label="web")
    page.get_by_role("button", name="Attach the application").click()
    expect(page.locator("main")).to_contain_text("web")

    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="Grow").click()
    page.get_by_label("Size", exact=True).fill("4GB")
    page.locator("#send").click()
    expect(page.locator("main")).to_contain_text("4 GB")

    page.get_by_role("link", name="Snapshot", exact=True).click()
    page.get_by_label("Name").fill("before-sale")
    page.get_by_role("button", name="Take a snapshot").click()
    expect(page.locator("tbody")).to_contain_text("before-sale")
    expect(page.locator("tbody")).to_contain_text("Ready")

    page.get_by_role("link", name="Restore to a new volume").click()
    expect(page.locator("main")).to_contain_text("filled from before-sale of orders")
    page.get_by_label("Name", exact=True).fill("orders-copy")
    page.get_by_role("button", name="Create volume").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("orders-copy")
    expect(page.locator("main")).to_contain_text("Ready")


def test_deleting_takes_the_name_and_can_be_undone(visit: Open, production: str) -> None:
    page = create(visit, production, "scratch-pad")
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Delete the volume").click()
    page.get_by_role("button", name="Delete scratch-pad").click()
    expect(page.locator(".danger-sheet .wrong")).to_be_visible()
    page.locator(".danger-sheet input[type=text]").fill("scratch-pad")
    page.get_by_role("button", name="Delete scratch-pad").click()
    page.get_by_role("button", name=re.compile("Undo")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("scratch-pad")
    expect(page.locator("main")).to_contain_text("Ready")


def test_a_protected_volume_says_why_it_stays(visit: Open, production: str) -> None:
    page = visit(production)
    page.get_by_role("link", name="postgres-data", exact=True).click()
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Delete the volume").click()
    expect(page.locator("main")).to_contain_text("It is protected")
    expect(page.locator("main")).to_contain_text("It is mounted by")


def test_without_script_a_volume_is_made_and_deleted(visit: Open, production: str) -> None:
    page = create(visit, production, "no-script", java_script_enabled=False)
    page.goto(f"{page.url.rstrip('/')}/delete")
    page.locator(".danger-sheet input[type=text]").fill("no-script")
    page.get_by_role("button", name="Delete no-script").click()
    expect(page.locator("main")).not_to_contain_text("What is lost")


def test_with_the_keyboard_alone_a_volume_is_made(visit: Open, production: str) -> None:
    page = visit(f"{production}/new")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Tab")
    page.keyboard.type("1GB")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("by-keyboard")
