"""Every page in every look: readable by everybody, within the window, and nothing to complain about."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.pages import PAGES
from tests.browser.screenshots import put_on
from tests.browser.world import World
from tests.support.chromium import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]

LOOKS = [("light", 1440), ("dark", 360)]
"""Colours depend on the scheme and the layout on the width, neither on both."""
RULES = {
    "resultTypes": ["violations"],
    # WCAG 2.2 AA has a rule that axe leaves out unless asked: what is to be hit is 24 px at least.
    "rules": {"target-size": {"enabled": True}},
    # It would load stylesheets once more, by styles in the page, which the CSP forbids to it as well.
    "preload": False,
}
OTHERS = ".swagger-ui"
"""What a package draws is the package's to mend."""
MOVING = f"document.getAnimations().filter(one => !one.effect.target.closest('{OTHERS}')).length"


def violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page, context={"exclude": [OTHERS]}, options=RULES).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible(visit: Open, world: World, name: str) -> None:
    sight = PAGES[name]
    page = visit(sight.address, who=sight.who)
    sight.step(page, world)
    page.wait_for_load_state("networkidle")
    for scheme, width in LOOKS:
        put_on(page, scheme, width)
        # Who asks for less motion sees none, and the colours below are not of a moment between two.
        assert page.evaluate(MOVING) == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []
