"""The life of a volume, as a person leads it in the browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.world import World
from tests.support.chromium import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]


PRODUCTION = "/env/{env}"


def create(visit: Open, name: str, **options: bool) -> Page:
    """A new volume's page, reached through the form."""
    page = visit(f"{PRODUCTION}/new", **options)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Size", exact=True).fill("2GB")
    page.get_by_role("button", name="Create volume").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    return page


def backing(page: Page) -> str:
    """The directory that should hold the data of the volume on this page."""
    return page.url.rstrip("/").rpartition("/")[2]


def test_an_error_shows_while_typing_and_can_be_fixed(visit: Open, world: World) -> None:
    page = visit(f"{PRODUCTION}/new")
    page.get_by_label("Name", exact=True).press_sequentially("postgres-data")
    expect(page.locator("#name-feedback")).to_contain_text("is taken in this environment")
    page.get_by_label("Name", exact=True).fill("sessions")
    expect(page.locator("#name-feedback")).not_to_contain_text("taken")
    page.get_by_label("Size", exact=True).fill("5GB")
    expect(page.locator("#quota")).to_contain_text("after")
    page.get_by_role("button", name="Create volume").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("sessions")
    expect(page.locator("main")).to_contain_text("Ready")
    assert backing(page) in world.server.installation.backings()


def test_a_volume_is_attached_grown_copied_and_restored(visit: Open) -> None:
    page = create(visit, "orders")
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Attach an application").click()
    page.get_by_label("Application").select_option(label="web")
    page.get_by_role("button", name="Attach the application").click()
    expect(page.locator("tbody")).to_contain_text("web")

    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="Grow").click()
    page.get_by_label("Size", exact=True).fill("4GB")
    with page.expect_navigation():  # the form says what it will be as well
        page.locator("#send").click()
    expect(page.locator("main")).to_contain_text("4 GB")

    page.get_by_role("link", name="Snapshot", exact=True).click()
    page.get_by_label("Name (optional)").fill("before-sale")
    page.get_by_role("button", name="Take a snapshot").click()
    expect(page.locator("tbody")).to_contain_text("before-sale")
    expect(page.locator("tbody")).to_contain_text("Ready")

    page.get_by_role("link", name="Restore to a new volume").click()
    expect(page.locator("main")).to_contain_text("filled from before-sale of orders")
    page.get_by_label("Name", exact=True).fill("orders-copy")
    page.get_by_role("button", name="Create volume").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("orders-copy")
    expect(page.locator("main")).to_contain_text("Ready")


def test_deleting_asks_for_the_name_and_can_be_undone(visit: Open) -> None:
    page = create(visit, "scratch-pad")
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Delete the volume").click()
    page.get_by_role("button", name="Delete scratch-pad").click()
    expect(page.locator(".danger-panel .error-list")).to_be_visible()
    page.locator(".danger-panel input[type=text]").fill("scratch-pad")
    page.get_by_role("button", name="Delete scratch-pad").click()
    page.get_by_role("button", name=re.compile("Undo")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("scratch-pad")
    expect(page.locator("main")).to_contain_text("Ready")


def test_a_protected_volume_shows_why_it_stays(visit: Open) -> None:
    page = visit(PRODUCTION)
    page.get_by_role("link", name="postgres-data", exact=True).click()
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Delete the volume").click()
    expect(page.locator("main")).to_contain_text("It is protected")
    expect(page.locator("main")).to_contain_text("It is mounted by")


def test_a_volume_is_created_and_deleted_without_script(visit: Open) -> None:
    page = create(visit, "no-script", java_script_enabled=False)
    page.goto(f"{page.url.rstrip('/')}/delete")
    page.locator(".danger-panel input[type=text]").fill("no-script")
    page.get_by_role("button", name="Delete no-script").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("no-script")


def test_a_volume_is_attached_grown_and_copied_without_script(visit: Open) -> None:
    page = create(visit, "by-forms", java_script_enabled=False)
    here = page.url.rstrip("/")
    page.goto(f"{here}/attach")
    page.get_by_label("Application").select_option(label="search")
    page.get_by_role("button", name="Attach the application").click()
    expect(page.locator("tbody")).to_contain_text("search")
    page.goto(f"{here}/grow")
    page.get_by_label("Size", exact=True).fill("1GB")
    page.locator("#send").click()
    expect(page.locator("#size-feedback")).to_contain_text("can only grow")
    page.get_by_label("Size", exact=True).fill("3GB")
    page.locator("#send").click()
    expect(page.locator("main")).to_contain_text("Grew by-forms to 3 GB")
    page.goto(f"{here}/snapshots")
    page.get_by_role("button", name="Take a snapshot").click()
    expect(page.locator("tbody")).to_contain_text("Ready")
