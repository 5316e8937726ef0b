"""Logging in as a person does."""

import pytest

from tests.browser.conftest import Open
from tests.support.chromium import needs_chromium
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]


def test_alice_logs_in_with_password_and_code(visit: Open, site: Server) -> None:
    made = site.installation.made
    page = visit("/", signed_in=False)
    page.fill("[name=username]", made["username"])
    page.fill("[name=password]", made["password"])
    page.keyboard.press("Enter")
    page.fill("[autocomplete=one-time-code]", made["recoveryCodes"].pop())
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.locator(".person").inner_text() == "AL"
