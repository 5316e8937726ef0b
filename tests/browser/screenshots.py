"""Pictures of every page from the little world, those of the README among them.

python -m tests.browser.screenshots [DIRECTORY]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.pages import PAGES
from tests.browser.settings import SETTINGS
from tests.support.chromium import context_for, launch
from tests.support.installation import ROOT, installed
from tests.support.server import serving

IN_README = {"environment": "light", "volume": "dark", "new-volume": "light"}


def take(directory: Path, *, everything: bool) -> None:
    home = Path(tempfile.mkdtemp(prefix="holdfast-pictures-"))
    with installed(home, **SETTINGS) as installation:
        subprocess.run(
            [sys.executable, "-m", "tests.browser.demo"],
            cwd=ROOT,
            env={**installation.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
            check=True,
        )
        with serving(installation) as server, sync_playwright() as playwright:
            origin = f"http://127.0.0.1:{server.port}"
            browser = launch(playwright)
            context = context_for(browser, origin)
            page = context.new_page()
            page.goto("/login")
            page.fill("[name=username]", installation.made["username"])
            page.fill("[name=password]", installation.made["password"])
            page.keyboard.press("Enter")
            page.fill("[autocomplete=one-time-code]", installation.made["recoveryCodes"][0])
            page.keyboard.press("Enter")
            page.wait_for_url("**/")
            state = context.storage_state()
            for name, address in PAGES.items():
                for scheme in ("light", "dark") if everything else (IN_README.get(name),):
                    for width in (360, 1440) if everything else (1440,):
                        if scheme is None:
                            continue
                        looking = context_for(
                            browser,
                            origin,
                            storage_state=state,
                            color_scheme=scheme,
                            viewport={"width": width, "height": 900},
                        )
                        shown = looking.new_page()
                        shown.goto(address(server))
                        suffix = f"-{width}" if everything else ""
                        path = directory / f"{name}-{scheme}{suffix}.png"
                        shown.screenshot(path=path, full_page=everything, caret="initial")
                        looking.close()
            browser.close()


if __name__ == "__main__":
    given = sys.argv[1:]
    take(Path(given[0]) if given else Path(__file__).parent, everything=bool(given))
