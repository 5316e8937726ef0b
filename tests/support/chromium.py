"""A real browser: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.support.needs import needs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = needs(CHROMIUM is not None, "Chromium is not installed")

PATIENCE = 60_000
"""Milliseconds for any step of a page, because the machine may be busy."""
expect.set_options(timeout=PATIENCE)

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # Otherwise it lowers its priority in the background.
    *("--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows"),
]


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


INTENDED = (
    # An error response that a test causes. Its status is asserted as well.
    "Failed to load resource",
    # A live check is aborted by further input or by submitting the form. htmx reports it with these two
    # lines, and a failed request with htmx:sendError.
    "htmx:afterRequest",
    "htmx:sendAbort",
)
"""Beginnings of expected messages of the browser's console."""


class BrowserErrors:
    """Collects errors of all pages of one browser context. There should be none."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.origin = origin
        self.found: list[str] = []
        context.on("page", self._listen)

    def _listen(self, page: Page) -> None:
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.found.append(f"script: {error}"))
        page.on("request", lambda request: self._request(request.url))

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not text.startswith(INTENDED):
            self.found.append(f"console: {text}")

    def _request(self, url: str) -> None:
        if not url.startswith((self.origin, "data:", "blob:")):
            self.found.append(f"another host: {url}")


def context_for(browser: Browser, origin: str, **options: Any) -> BrowserContext:
    context = browser.new_context(base_url=origin, **options)
    context.set_default_timeout(PATIENCE)
    return context
