"""The callers: nobody, a viewer, the owner, an operator and a non-member; by token or by cookie."""

from __future__ import annotations

import re
import time
from base64 import b32decode
from dataclasses import dataclass, field
from typing import Any

import requests
from django_otp.oath import TOTP

from tests.fuzz.gate import PATIENCE
from tests.support.server import Server


@dataclass(frozen=True)
class Caller:
    name: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)


NOBODY = Caller("nobody")


def everybody(server: Server) -> list[Caller]:
    """Two companies, in the first of which there are a viewer beside the owner, and an operator."""
    installation = server.installation
    made = {
        "owner": installation.identity,
        "viewer": installation.bootstrap("Acme", "production", "victor", "--role", "viewer"),
        "operator": installation.bootstrap("Acme", "production", "olga", "--superuser"),
        "stranger": installation.bootstrap("Elsewhere", "production", "charlie"),
    }
    with_tokens = [
        Caller(f"{name}, token", {"Authorization": f"Bearer {one['token']}"})
        for name, one in made.items()
    ]
    with_cookies = [
        Caller(f"{name}, cookie", _log_in(server.port, one)) for name, one in made.items()
    ]
    return [NOBODY, *with_tokens, *with_cookies]


def _log_in(port: int, made: dict[str, Any]) -> dict[str, str]:
    """The headers of a browser that has been through both steps."""
    address = f"http://127.0.0.1:{port}/login"
    steps = [
        {"username": made["username"], "password": made["password"]},
        {"code": _code(made["totpSecret"])},
    ]
    with requests.Session() as browser:
        page = browser.get(address, timeout=PATIENCE)
        for step in steps:
            form = {**step, **_csrf(page.text)}
            page = browser.post(address, form, timeout=PATIENCE, allow_redirects=False)
        assert page.status_code == 302, page.text
        cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
        return {"Cookie": cookies, "X-CSRFToken": str(browser.cookies["csrftoken"])}


def _csrf(page: str) -> dict[str, str]:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    return {"csrfmiddlewaretoken": found[1]}


def _code(secret: str) -> str:
    totp = TOTP(b32decode(secret))
    totp.time = time.time()
    return f"{totp.token():06d}"
