"""The rate limit of a server with several workers."""

from __future__ import annotations

from tests.support.installation import Installation
from tests.support.server import serving


def test_rate_limit_is_shared_by_all_workers(installation: Installation) -> None:
    with serving(installation, API_RATE_LIMIT="20/day,60/day") as server:
        # Each from a connection of its own, which the kernel gives to one of the workers.
        answers = [server.wire().get("/environments") for _ in range(120)]
        server.terminate()
    admitted = [answer for answer in answers if answer.status == 200]
    # Requests of two workers at the same moment may be counted as one; these came one by one.
    assert len(admitted) == 60
    assert {answer.status for answer in answers[60:]} == {429}
    assert answers[-1].body["code"] == "THROTTLED"
    assert int(answers[-1].headers["retry-after"]) > 80_000
