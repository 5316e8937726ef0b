"""A client of the API."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from tests.support.handler import FastPathHandler


class Api:
    """Sends JSON requests with one token, or with none."""

    def __init__(self, token: str | None) -> None:
        self.client = Client(raise_request_exception=False)
        self.client.handler = FastPathHandler(enforce_csrf_checks=False)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("DELETE", path, None, **headers)

    def send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        """Send a request. `body` is bytes, or becomes JSON. Header names have _ for -."""
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        content_type = given.pop("Content-Type", "application/json")
        return self.client.generic(
            method, path, raw, content_type=content_type, headers={**self.headers, **given}
        )


def codes(response: Any) -> set[tuple[str, str]]:
    """Return field and code of every problem in an error response."""
    return {(problem["field"], problem["code"]) for problem in response.json()["errors"]}
