"""A minimal HTTP client that needs only the standard library, so that a process starts quickly.

As a program it is one of the `ConcurrentClients`: it reads a task, connects, reports that it is ready,
waits for the start, and prints the responses.
"""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

PATIENCE = 120.0
"""Seconds until a request fails. A busy machine may be slow."""


@dataclass
class Request:
    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] | None = None
    """The data of an HTML form, instead of a JSON body."""


@dataclass
class Answer:
    """A response. Its status is 0 if there was none."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def codes(self) -> set[str]:
        return {problem["code"] for problem in self.body["errors"]}


class Wire:
    """One connection to a server, with one token."""

    def __init__(self, port: int, token: str) -> None:
        self.token = token
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send(Request("GET", path, None, headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send(Request("POST", path, body, headers))

    def put(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send(Request("PUT", path, body, headers))

    def delete(self, path: str, **headers: str) -> Answer:
        return self.send(Request("DELETE", path, None, headers))

    def send(self, request: Request) -> Answer:
        """Send a request. Header names have _ for -."""
        headers = {name.replace("_", "-"): value for name, value in request.headers.items()}
        if request.form is not None:
            body: bytes | None = urlencode(request.form).encode()
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        else:
            body = None if request.body is None else json.dumps(request.body).encode()
            headers |= {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            self.connection.request(request.method, request.path, body, headers)
            response = self.connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            return Answer(0, repr(error))
        # Repeated headers are joined with commas.
        found = {name.lower(): response.getheader(name, "") for name, _ in response.getheaders()}
        is_json = found.get("content-type", "").startswith("application/json")
        return Answer(response.status, json.loads(raw) if is_json else raw.decode(), found)

    def until_cut_off(self, requests: Iterable[Request]) -> list[Answer]:
        """Send the requests in order. Stop after the first one without a response."""
        answers = []
        for request in requests:
            answers.append(self.send(request))
            if not answers[-1].status:
                break
        return answers


def main() -> None:
    for line in sys.stdin:
        task = json.loads(line)
        wire = Wire(task["port"], task["token"])
        requests = [Request(**request) for request in task["requests"]]
        wire.connection.connect()
        print("ready", flush=True)
        sys.stdin.readline()
        answers = wire.until_cut_off(requests)
        print(json.dumps([vars(answer) for answer in answers]), flush=True)
        wire.connection.close()


if __name__ == "__main__":
    main()
