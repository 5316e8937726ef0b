"""One request and its response."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase

from config.concurrency import request_slots
from config.limits import UNCOUNTED_BYTES
from config.server.body import Arrival, BodyReader, body_length, has_body
from config.server.connections import ConnectionGuard
from config.server.environ import Environ, build_environ, size_of_head
from config.server.granian_types import Watcher
from config.server.quota import AddressQuota
from config.server.response import ResponseSender, pieces, slices
from config.server.shutdown import is_ending

Headers = list[tuple[str, str]]
App = Callable[[Environ, Callable[..., object]], Iterable[bytes]]

LIVENESS_PATH = "/healthz"
"""This request needs no slot, because it uses nothing else: a busy worker is alive."""

log = logging.getLogger("holdfast.server")


@dataclass(frozen=True)
class Site:
    """Objects that all requests of a worker share."""

    application: App
    """The WSGI application."""
    late: App
    """The application for requests whose body did not arrive in time."""
    full: App
    """The application for requests beyond a bound."""
    address_of: Callable[[Environ], str]
    """Returns the client's address."""
    guard: ConnectionGuard
    bodies: AddressQuota
    unread: AddressQuota


class Exchange:
    """One request and its response. Several threads may process it, one after the other."""

    def __init__(self, site: Site, watcher: Watcher) -> None:
        self._site = site
        self._watcher = watcher
        self._channel = watcher.proto
        self._peer = watcher.scope["client"]
        self._client = site.guard.client(self._peer)
        self._status = 500
        self._headers: Headers = []
        self._address = ""

    def start(self) -> None:
        """Answer the request, or wait for its body without a thread."""
        scope = self._watcher.scope
        self._client.is_answering = True
        self._client.received += size_of_head(scope)
        self._environ = build_environ(scope)
        if has_body(self._environ):
            self._read_body()
        elif self._environ["PATH_INFO"] == LIVENESS_PATH:
            self._respond()
        else:
            self._wait_for_slot()

    def _wait_for_slot(self) -> None:
        request_slots.run(self._respond)

    def _read_body(self) -> None:
        self._client.received += body_length(self._environ)
        BodyReader(
            self._channel,
            self._environ,
            maximum=settings.MAX_BODY,
            guard=self._site.guard,
            admit=self._admit_body,
            done=self._on_body,
        ).start()

    def _admit_body(self) -> bool:
        """Return whether there is room for one more unfinished body of this address."""
        address = self._site.address_of(self._environ)
        if not self._site.bodies.acquire(address):
            return False
        self._address = address
        return True

    def _on_body(self, arrival: Arrival) -> None:
        if self._address:
            self._site.bodies.release(self._address)
        if arrival is Arrival.LATE:
            self._refuse(self._site.late)
        elif arrival is Arrival.REFUSED:
            self._refuse(self._site.full)
        else:
            self._wait_for_slot()

    def _respond(self) -> None:
        """Answer the request, in a slot."""
        try:
            response = self._site.application(self._environ, self._start_response)
            self._send(response, self._collect(response))
        except Exception as error:
            self._client.is_answering = False
            self._watcher.err(error)

    def _refuse(self, application: App) -> None:
        """Answer without a slot, and close the connection: an unknown part of the body may follow."""
        body = b"".join(application(self._environ, self._start_response))
        self._headers.append(("Connection", "close"))
        self._send_whole(body)

    def _start_response(self, status: str, headers: Headers, exc_info: Any = None) -> None:
        self._status, self._headers = int(status[:3]), headers

    def _collect(self, response: Iterable[bytes]) -> bytes | None:
        """Return the whole body, None if it is sent while it is produced."""
        if isinstance(response, list):
            return b"".join(response)
        if getattr(response, "streaming", False) and self._length() > UNCOUNTED_BYTES:
            return None
        try:
            return b"".join(response)
        finally:
            _close(response)
            if isinstance(response, HttpResponseBase):
                # The request and the response refer to each other: the body would stay in memory
                # until a full garbage collection, which is rare.
                vars(response).clear()

    def _length(self) -> float:
        lengths = [value for name, value in self._headers if name == "Content-Length"]
        return int(lengths[0]) if lengths else float("inf")

    def _send(self, response: Iterable[bytes], body: bytes | None) -> None:
        if body is None:
            self._send_pieces(pieces(response), partial(_close, response))
        elif len(body) <= UNCOUNTED_BYTES:
            self._send_whole(body)
        else:
            self._send_large(body)

    def _send_large(self, body: bytes) -> None:
        address, unread = self._site.address_of(self._environ), self._site.unread
        if unread.acquire(address, len(body)):
            self._send_pieces(slices(body), partial(unread.release, address, len(body)))
        else:
            self._refuse(self._site.full)

    def _send_whole(self, body: bytes) -> None:
        self._begin()
        self._end(body)

    def _send_pieces(self, body: Any, done: Callable[[], None]) -> None:
        self._begin()

        def finish() -> None:
            try:
                done()
            finally:
                self._end(b"")

        sender = ResponseSender(
            self._channel, body, peer=self._peer, guard=self._site.guard, done=finish
        )
        request_slots.spawn(sender.start)  # it may need a slot itself

    def _begin(self) -> None:
        if is_ending.is_set():
            self._headers.append(("Connection", "close"))
        headers = list(map(_encode, self._headers))
        self._channel.send(
            {"type": "http.response.start", "status": self._status, "headers": headers}
        )

    def _end(self, body: bytes) -> None:
        # Before the last byte is sent: the next request may begin right after it.
        self._client.answered_at = time.monotonic()
        self._client.is_answering = False
        self._channel.send({"type": "http.response.body", "body": body, "more_body": False})


@lru_cache(maxsize=256)
def _encode(header: tuple[str, str]) -> tuple[bytes, bytes]:
    """Encode a header. Cached: most headers are the same in all responses."""
    return header[0].encode("latin-1"), header[1].encode("latin-1")


def _close(response: Iterable[bytes]) -> None:
    if hasattr(response, "close"):
        response.close()
