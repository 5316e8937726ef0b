"""What changes on a page while somebody looks at it, and what must not."""

import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.pages import ENV, VOL
from tests.browser.world import World
from tests.support.chromium import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]

SHIFTED = """() => new Promise(done => {
  new PerformanceObserver(list => done(list.getEntries().map(one => [
    one.value, ...one.sources.map(moved => (moved.node?.parentElement ?? moved.node)?.outerHTML),
  ]))).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done([]), 1000);
})"""
"""How far things moved after they were first painted, each time, and what."""

SLOW_LINE = {"offline": False, "latency": 20, "downloadThroughput": 100_000, "uploadThroughput": -1}
"""Pages come in pieces over it, and what is there may be painted before the rest."""


def test_a_status_is_updated_without_a_reload(visit: Open, world: World) -> None:
    installation = world.server.installation
    there = installation.storage_root / world.names["uploads"] / "data"
    away = there.with_name("elsewhere")
    shutil.move(there, away)
    installation.run("reconcile")
    page = visit("/env/{env}/v/{uploads}")
    expect(page.locator("#volume-status")).to_contain_text("Data is missing")
    shutil.move(away, there)
    expect(page.locator("#volume-status")).to_contain_text("Ready")
    expect(page.locator("#volume-alert")).to_be_empty()


@pytest.mark.parametrize("address", ["/", ENV, VOL, f"{ENV}/new", "/settings/tokens"])
def test_nothing_shifts_while_a_page_loads(visit: Open, world: World, address: str) -> None:
    page = visit("/settings", viewport={"width": 1440, "height": 900})
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_LINE)
    page.goto(world.address(address))
    assert page.evaluate(SHIFTED) == []
