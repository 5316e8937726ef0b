"""A served installation with a little world in it, and a browser to look at it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from tests.browser.settings import SETTINGS
from tests.support.chromium import Complaints, context_for, launch
from tests.support.installation import ROOT, installed
from tests.support.server import Server, serving

Open = Callable[..., Page]


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Alice's company on a server of its own, shared by the tests of this folder."""
    with installed(tmp_path_factory.mktemp("site"), **SETTINGS) as installation:
        done = subprocess.run(
            [sys.executable, "-m", "tests.browser.demo"],
            cwd=ROOT,
            env={**installation.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        with serving(installation) as server:
            yield server


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def origin(site: Server) -> str:
    return f"http://127.0.0.1:{site.port}"


@pytest.fixture(scope="package")
def alices_session(site: Server, chromium: Browser, origin: str) -> StorageState:
    """What Alice's browser keeps once she has logged in, with a code."""
    made = site.installation.made
    context = context_for(chromium, origin)
    page = context.new_page()
    page.goto("/login")
    page.fill("[name=username]", made["username"])
    page.fill("[name=password]", made["password"])
    page.click("main button[type=submit]")
    page.fill("[autocomplete=one-time-code]", made["recoveryCodes"].pop())
    page.click("main button[type=submit]")
    page.wait_for_url("**/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def visit(chromium: Browser, origin: str, alices_session: StorageState) -> Iterator[Open]:
    """`visit("/path")` opens a page as Alice, `visit("/login", signed_in=False)` as nobody.

    Whatever the browser has to complain about in the course of a test fails it.
    """
    contexts = []
    complaints = []

    def open_page(path: str, *, signed_in: bool = True, **options: Any) -> Page:
        state = {"storage_state": alices_session} if signed_in else {}
        context = context_for(chromium, origin, **state, **options)
        contexts.append(context)
        complaints.append(Complaints(context, origin))
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [found for one in complaints for found in one.found] == []
