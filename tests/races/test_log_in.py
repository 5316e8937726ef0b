"""Many browsers with a pending login send the same code."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django_otp.oath import totp

from tests.races.helpers import CLIENTS, statuses
from tests.support.concurrent_clients import ConcurrentClients
from tests.support.invariants import must_hold
from tests.support.server import Server
from tests.support.wire import Request

RECOVERY_CODES_LEFT = """
    SELECT code.id FROM accounts_recoverycode AS code
    JOIN accounts_user AS person ON person.id = code.user_id WHERE username = '{}'
"""


CSRF_TOKEN = "c" * 32
"""Any will do: a page's form has to say the same as its cookie, which the browser holds."""


def page(cookies: str, **form: str) -> Request:
    """Return the request that a browser with these cookies sends from the login page."""
    headers = {"Cookie": f"csrftoken={CSRF_TOKEN}; {cookies}"}
    return Request("POST", "/login", None, headers, form | {"csrfmiddlewaretoken": CSRF_TOKEN})


def half_logged_in(server: Server, made: Any) -> str:
    """Return the session cookie of a browser with a pending login."""
    asked = page("", username=made["username"], password=made["password"])
    found = re.search(r"sessionid=\w+", server.wire().send(asked).headers["set-cookie"])
    assert found
    return found[0]


def code_of_the_moment(made: Any) -> str:
    return f"{totp(base64.b32decode(made['totpSecret'])):06d}"


def recovery_code(made: Any) -> str:
    code: str = made["recoveryCodes"][0]
    return code


@pytest.mark.parametrize(("choose", "left"), [(code_of_the_moment, 10), (recovery_code, 9)])
def test_one_of_32_browsers_with_the_same_code_logs_in(
    server: Server, clients: ConcurrentClients, choose: Callable[[Any], str], left: int
) -> None:
    person = choose.__name__.replace("_", "-")
    made = server.installation.bootstrap("Acme", "production", person)
    with ThreadPoolExecutor(4) as pool:
        sessions = list(pool.map(partial(half_logged_in, server), [made] * CLIENTS))
    assert len(set(sessions)) == CLIENTS
    code = choose(made)
    answers = server.send_at_once(clients, [page(session, code=code) for session in sessions])
    assert statuses(answers).count(302) == 1
    assert {answer.status for answer in answers} <= {302, 200, 429}
    assert len(server.installation.rows(RECOVERY_CODES_LEFT.format(person))) == left
    must_hold(server.installation)
