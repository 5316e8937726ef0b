"""What a viewer is offered, they may do."""

import pytest

from tests.browser.conftest import Open
from tests.browser.pages import ENV, VOL
from tests.support.chromium import needs_chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), needs_chromium]

HREFS = "links => links.map(link => link.href)"


@pytest.mark.parametrize(
    "address",
    [
        "/",
        ENV,
        f"{ENV}/applications",
        f"{ENV}/activity",
        f"{ENV}/settings",
        VOL,
        f"{VOL}/snapshots",
        f"{VOL}/applications",
        f"{VOL}/history",
    ],
)
def test_viewers_see_no_action_that_would_be_refused(visit: Open, address: str) -> None:
    page = visit(address, who="bob")
    links = set(page.eval_on_selector_all("main a[href]", HREFS))
    answers = {link: page.context.request.get(link).status for link in links}
    assert set(answers.values()) == {200}, answers
    assert page.locator("main form[method=post] button").count() == 0
