"""An installation of its own with the demo's world in it, served, for tests and pictures alike."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, StorageState

from tests.support.chromium import context_for
from tests.support.installation import ROOT, installed
from tests.support.server import Server, serving

# Deletes can be undone, and the past is not measured away.
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
    "VOLUME_DELETE_GRACE": "3600",
    "MEASURE_EVERY": "0",
}


@dataclass
class World:
    server: Server
    names: dict[str, str]
    """What addresses are filled with."""
    codes: dict[str, list[str]]
    """Recovery codes by person. Each works once: take it out."""
    passwords: dict[str, str]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def address(self, template: str) -> str:
        return template.format(**self.names)

    def log_in(self, page: Page, person: str) -> None:
        """With the password and, for who has a second factor, a recovery code."""
        self.give_password(page, person)
        for code in self.codes[person][:1]:
            self.codes[person].remove(code)
            page.fill("[autocomplete=one-time-code]", code)
            page.keyboard.press("Enter")
        page.wait_for_url("**/")

    def give_password(self, page: Page, person: str) -> None:
        page.goto("/login")
        page.fill("[name=username]", person)
        page.fill("[name=password]", self.passwords[person])
        with page.expect_navigation():
            page.keyboard.press("Enter")

    def session(self, browser: Browser, person: str) -> StorageState:
        """What a person's browser keeps once they have logged in."""
        context = context_for(browser, self.origin)
        self.log_in(context.new_page(), person)
        state = context.storage_state()
        context.close()
        return state


@contextmanager
def world_in(home: Path) -> Iterator[World]:
    with installed(home, **SETTINGS) as installation:
        done = subprocess.run(
            [sys.executable, "-m", "tests.browser.demo"],
            cwd=ROOT,
            env=installation.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed, made = json.loads(done.stdout), installation.identity
        with serving(installation) as server:
            yield World(
                server=server,
                names=printed["names"],
                codes=printed["codes"] | {"alice": made["recoveryCodes"]},
                passwords=dict.fromkeys(printed["codes"], printed["password"])
                | {"alice": made["password"]},
            )
