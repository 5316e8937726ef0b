"""Logging in as a person does, to ask for pages."""

from __future__ import annotations

import base64
import re
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode

from django_otp.oath import totp


def session_cookie(port: int, made: dict[str, Any]) -> str:
    """The cookies of a session of the person that `bootstrap` made, with both factors."""
    code = totp(base64.b32decode(made["totpSecret"]))
    browser = Browser(port)
    browser.send("GET", "/login")
    browser.post("/login", username=made["username"], password=made["password"])
    answer = browser.post("/login", code=f"{code:06d}")
    assert answer.status == 302, answer.status
    return browser.cookie


class Browser:
    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def send(self, method: str, path: str, body: str = "") -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self.cookie}
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        answer.read()
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, value = re.findall(r"^([^=]+)=([^;]*)", header)[0]
            self.cookies[name] = value
        connection.close()
        return answer

    def post(self, path: str, **fields: str) -> HTTPResponse:
        fields["csrfmiddlewaretoken"] = self.cookies["csrftoken"]
        return self.send("POST", path, urlencode(fields))
