"""Sends raw bytes to the server and reads the response."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any

PATIENCE = 30.0
"""Seconds for one answer. The machine may be busy; a request that hangs is a finding."""


@dataclass(frozen=True)
class Shot:
    """One request, as it goes over the wire.

    `method` and `path` (percent-decoded, without the query) say what it is judged by. `is_http` is
    False for bytes that no HTTP server needs to understand: it may refuse them in its own words, or
    hang up.
    """

    method: str
    path: str
    raw: bytes = field(repr=False)
    is_http: bool = True


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, list[str]]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)

    def header(self, name: str) -> str:
        return ", ".join(self.headers.get(name, []))


def shot_of(method: str, path: str, headers: Mapping[str, str], spec: Any = None) -> Shot:
    """A request as a good client sends it; `wish` is sent as JSON."""
    body = b"" if spec is None else json.dumps(spec).encode()
    given = {"Host": "127.0.0.1", "Content-Type": "application/json", **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return Shot(method, path.partition("?")[0], "\r\n".join(lines).encode() + body)


class Gate:
    """Asks one question after the other, on one connection for as long as it lasts."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None

    def ask(self, shot: Shot) -> Answer | None:
        """What came back; None where the server hung up. TimeoutError where nothing ever came."""
        was_open = self._socket is not None
        answer = self._try(shot)
        if answer is None and was_open:
            # A kept connection may end between two requests: as browsers do, once more on a new one.
            answer = self._try(shot)
        return answer

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _try(self, shot: Shot) -> Answer | None:
        connection = self._socket = self._socket or self._connect()
        try:
            self._send(connection, shot)
            response = HTTPResponse(connection, method=shot.method)
            response.begin()
            content = response.read()
        except TimeoutError:
            self.close()
            raise
        except (OSError, HTTPException):
            self.close()
            return None
        headers: dict[str, list[str]] = {}
        for name, value in response.getheaders():
            headers.setdefault(name.lower(), []).append(value)
        if response.will_close or not shot.is_http:
            self.close()
        return Answer(response.status, headers, content)

    def _send(self, connection: socket.socket, shot: Shot) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # answered before all was sent
            connection.sendall(shot.raw)
            if not shot.is_http:
                # What is missing never comes: the server need not wait for it.
                connection.shutdown(socket.SHUT_WR)

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
