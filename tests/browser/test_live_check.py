"""What a live check says is about the value in the field, whatever was offered instead of it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.pages import ENV, VOL
from tests.support.chromium import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]


def answer_to_typing(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill("")
    field.press_sequentially(value, delay=20)


@pytest.mark.parametrize(
    ("address", "label", "name", "wrong", "right"),
    [
        (f"{ENV}/new", "Mount path", "mountPath", "etc/x", "/srv/right"),
        (f"{ENV}/new", "Name", "name", "Not Right", "quite-right"),
        (f"{VOL}/edit", "Mount path", "mountPath", "/etc", "/srv/right"),
    ],
)
def test_error_correct_tab(
    visit: Open, address: str, label: str, name: str, wrong: str, right: str
) -> None:
    page = visit(address)
    page.get_by_label("Name", exact=True).fill("fresh-volume")
    answer_to_typing(page, label, wrong)
    expect(page.locator(f"#{name}-feedback .link-button")).to_be_visible()
    answer_to_typing(page, label, right)
    page.keyboard.press("Tab")
    expect(page.locator("#curl")).to_contain_text(f'"{name}": "{right}"')
    expect(page.locator(f"#{name}-feedback .error-line")).to_have_count(0)
    expect(page.get_by_label(label, exact=True)).to_have_value(right)


def test_typing_after_the_focus_was_on_an_offered_value(visit: Open) -> None:
    page = visit(f"{ENV}/new")
    answer_to_typing(page, "Mount path", "etc/x")
    page.locator("#mountPath-feedback .link-button").focus()
    answer_to_typing(page, "Size", "3GB")
    expect(page.locator("#curl")).to_contain_text('"mountPath": "etc/x"')
    expect(page.locator("#mountPath-feedback .error-line")).to_be_visible()


def test_an_offered_value_is_used_when_it_is_pressed(visit: Open) -> None:
    page = visit(f"{ENV}/new")
    answer_to_typing(page, "Name", "Not Right")
    page.locator("#name-feedback .link-button").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("not-right")
