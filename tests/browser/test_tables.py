"""Tables keep their names readable at every width, and no page scrolls sideways."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.pages import ENV, VOL
from tests.browser.screenshots import put_on
from tests.support.chromium import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]

WIDTHS = range(360, 1441, 20)
NARROWEST_NAME = 180
LINES_OF_A_ROW = 3
PADDING = 30
"""Pixels above and below the lines of a row, and what letters of two sizes add."""
WIDEST_FONT = """:root { --font: "DejaVu Sans"; --font-family-primary: "DejaVu Sans"; }"""

LONG = "/env/{long}"
TABLES = {
    "volumes": (ENV, "alice"),
    "volumes-viewer": (ENV, "bob"),
    "volumes-long": (LONG, "alice"),
    "volumes-deleted": (f"{LONG}?status=deleted", "alice"),
    "applications": (f"{ENV}/applications", "alice"),
    "applications-long": (f"{LONG}/applications", "alice"),
    "snapshots": (f"{VOL}/snapshots", "alice"),
    "snapshots-long": (f"{LONG}/v/{{longest}}/snapshots", "alice"),
    "mounts": (f"{LONG}/v/{{longest}}/applications", "alice"),
    "tokens": ("/settings/tokens", "alice"),
    "members": ("/settings/members", "alice"),
    "members-viewer": ("/settings/members", "bob"),
    "invitations": ("/settings/invitations", "frank"),
}
WITHOUT_TABLES = {
    "overview": ("/", "alice"),
    "activity": ("/activity", "alice"),
    "environment-activity": (f"{LONG}/activity", "alice"),
}
PARTS = [
    *("accounts/company", "accounts/invitation", "accounts/membership", "accounts/revision"),
    *(
        "accounts/token",
        "accounts/user",
        "volumes/application",
        "volumes/attachment",
        "volumes/environment",
    ),
    *("volumes/snapshot", "volumes/volume"),
]
ADMIN = {part: (f"/admin/{part}/", "alice") for part in PARTS}
FORMS = {
    "admin": ("/admin/", "alice"),
    "admin-volume": ("/admin/volumes/volume/{longest}/change/", "alice"),
    "admin-volume-add": ("/admin/volumes/volume/add/", "alice"),
    "admin-environment": ("/admin/volumes/environment/{long}/change/", "alice"),
    "admin-user": ("/admin/accounts/user/{user}/change/", "alice"),
}
ALL = TABLES | WITHOUT_TABLES | ADMIN | FORMS

FAULTS = """([narrowest, most, padding]) => [...document.querySelectorAll('main table tbody tr')]
  .filter(row => row.getClientRects().length && !row.closest('.hidden-visually, .visually-hidden'))
  .flatMap(row => {
    const name = row.querySelector('th'), faults = [];
    if (!name) return [];
    const wide = name.getBoundingClientRect().width;
    if (wide < narrowest) faults.push(`${wide} px of ${name.innerText}`);
    const line = parseFloat(getComputedStyle(name).lineHeight);
    const isCard = getComputedStyle(row).display !== 'table-row', tall = isCard ? name : row;
    const lines = (tall.getBoundingClientRect().height - padding) / line;
    if (lines > (isCard ? 1 : most)) faults.push(`${lines} lines of ${name.innerText}`);
    return faults;
  })"""
"""What is wrong with the rows that are shown: narrow names, and rows of too many lines."""


def at_every_width(page: Page) -> dict[int, Any]:
    page.add_style_tag(content=WIDEST_FONT)
    found = {}
    for width in WIDTHS:
        put_on(page, "light", width)
        faults = page.evaluate(FAULTS, [NARROWEST_NAME, LINES_OF_A_ROW, PADDING])
        sideways = page.evaluate("document.documentElement.scrollWidth") - width
        if faults or sideways > 0:
            found[width] = (faults, sideways)
    return found


@pytest.mark.parametrize("name", ALL)
def test_names_are_readable_at_every_width(visit: Open, name: str) -> None:
    address, who = ALL[name]
    page = visit(address, who=who, bypass_csp=True)
    assert at_every_width(page) == {}


STARTS = """cells => [...new Set(cells.map(cell =>
  cell.getBoundingClientRect().left + parseFloat(getComputedStyle(cell).paddingLeft)))]"""
"""Where the contents of these cells begin."""


@pytest.mark.parametrize(
    "name", ["members", "members-viewer", "invitations", "tokens", "snapshots", "applications"]
)
def test_a_name_is_aligned_with_its_card(visit: Open, name: str) -> None:
    address, who = TABLES[name]
    page = visit(address, who=who)
    put_on(page, "light", 768)
    cells = page.locator("tbody tr > .name, tbody tr > [data-label]")
    assert len(cells.evaluate_all(STARTS)) == 1


CUT = """name => {
  const title = name.title || name.querySelector('[title]').title;
  return !title.includes(name.innerText.split(' ')[0]);
}"""


@pytest.mark.parametrize("name", TABLES)
def test_a_shortened_name_has_its_full_text(visit: Open, name: str) -> None:
    address, who = TABLES[name]
    names = visit(address, who=who).locator("tbody .name")
    assert names.count() > 0
    assert [one.inner_text() for one in names.all() if one.evaluate(CUT)] == []
