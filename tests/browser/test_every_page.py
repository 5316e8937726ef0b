"""Every page, light and dark, wide and narrow: readable by everybody, and nothing to complain about."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Open
from tests.browser.pages import PAGES
from tests.support.chromium import needs_chromium
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]

SERIOUS = {"serious", "critical"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_axe_finds_nothing_serious(visit: Open, site: Server, name: str, scheme: str) -> None:
    page = visit(PAGES[name](site), color_scheme=scheme)
    violations = Axe().run(page).response["violations"]
    assert [
        (found["id"], found["nodes"][0]["html"])
        for found in violations
        if found["impact"] in SERIOUS
    ] == []


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_nothing_sticks_out(visit: Open, site: Server, name: str, width: int) -> None:
    page = visit(PAGES[name](site), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
