"""Pictures of the little world: those of the documents, or every page in every look.

python -m tests.browser.screenshots [DIRECTORY [NAME ...]]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.pages import PAGES
from tests.browser.world import World, world_in
from tests.support.chromium import context_for, launch
from tests.support.documents import DOCS

LOOKS = [("light", 1440), ("dark", 1440), ("light", 360), ("dark", 360)]
DOCUMENTED = {"environment": ("light", 1440), "volume": ("dark", 1440)}
DOCUMENTED |= {"new-volume-problems": ("light", 1440)}
HEIGHT = 900


class Photographer:
    def __init__(self, world: World, browser: Browser, directory: Path) -> None:
        self.world, self.browser, self.directory = world, browser, directory
        self.session = cache(lambda who: world.session(browser, who) if who else None)

    def take(self, name: str, looks: Iterable[tuple[str, int]], *, whole: bool) -> None:
        """The page is opened once and looked at in each way."""
        sight = PAGES[name]
        context = context_for(
            self.browser, self.world.origin, storage_state=self.session(sight.who)
        )
        page = context.new_page()
        page.goto(self.world.address(sight.address))
        sight.step(page, self.world)
        for scheme, width in looks:
            put_on(page, scheme, width)
            suffix = f"-{width}" if whole else ""
            path = self.directory / f"{name}-{scheme}{suffix}.png"
            page.screenshot(path=path, full_page=whole)
        context.close()


def put_on(page: Page, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": HEIGHT})


def main(given: list[str]) -> None:
    directory = Path(given[0]) if given else DOCS / "images"
    home = Path(tempfile.mkdtemp(prefix="holdfast-"))
    with world_in(home) as world, sync_playwright() as playwright:
        photographer = Photographer(world, launch(playwright), directory)
        for name in given[1:] or (PAGES if given else DOCUMENTED):
            looks = LOOKS if given else [DOCUMENTED[name]]
            photographer.take(name, looks, whole=bool(given))


if __name__ == "__main__":
    main(sys.argv[1:])
