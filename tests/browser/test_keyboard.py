"""The keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import ENV
from tests.support.chromium import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]

FOCUSED = """() => {
  const it = document.activeElement, style = getComputedStyle(it);
  return [(it.labels?.[0] ?? it).innerText.trim(), `${style.outlineStyle} ${style.outlineWidth}`];
}"""


def next_stop(page: Page) -> str:
    """What Tab leads to, by its label or its words. It shows that it has the focus."""
    page.keyboard.press("Tab")
    name, outline = page.evaluate(FOCUSED)
    assert outline == "solid 2px", name
    return str(name)


def tab_to(page: Page, name: str) -> None:
    assert any(next_stop(page) == name for _ in range(60))


def test_the_first_tab_stop_skips_to_the_content(visit: Open) -> None:
    page = visit("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    expect(page.locator(".skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_every_tab_stop_of_a_new_volume_is_visible(visit: Open) -> None:
    page = visit(ENV)
    tab_to(page, "New volume")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New volume")
    tab_to(page, "Name")
    page.keyboard.type("typed-only")
    tab_to(page, "Size")
    page.keyboard.type("10 gb")
    expect(page.locator("#size-feedback")).to_contain_text("10,240 MB")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("typed-only")
    expect(page.locator("main")).to_contain_text(re.compile("10 GB"))


def test_the_slash_key_focuses_the_filter_unless_in_a_field(visit: Open) -> None:
    page = visit(ENV)
    page.keyboard.press("/")
    expect(page.locator("#filter-name")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.locator("#filter-name")).to_have_value("a/b")
