"""A served installation with a little world in it, and a browser to look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from tests.browser.world import World, world_in
from tests.support.chromium import BrowserErrors, context_for, launch

Open = Callable[..., Page]
Sessions = Callable[[str], StorageState]


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Alice's company on a server of its own, shared by the tests of this folder."""
    with world_in(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def sessions(world: World, chromium: Browser) -> Sessions:
    """`sessions("bob")` is what his browser keeps: he logs in once."""
    return cache(lambda person: world.session(chromium, person))


@pytest.fixture
def visit(world: World, chromium: Browser, sessions: Sessions) -> Iterator[Open]:
    """`visit("/path")` opens a page as Alice, `visit("/login", who="")` as nobody.

    The address may have `{names}` of the world in it. Whatever the browser has to complain about in
    the course of a test fails it.
    """
    contexts = []
    field_errors = []

    def open_page(address: str, *, who: str = "alice", **options: Any) -> Page:
        state = {"storage_state": sessions(who)} if who else {}
        context = context_for(chromium, world.origin, **state, **options)
        contexts.append(context)
        field_errors.append(BrowserErrors(context, world.origin))
        page = context.new_page()
        page.goto(world.address(address))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [found for one in field_errors for found in one.found] == []
