"""Reads the body of a request as it arrives, without a waiting thread."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from enum import Enum
from threading import Lock

from config.limits import BODY_TIMEOUT, MAX_DRAIN_BYTES, PROMPT_BODY
from config.server.connections import ConnectionGuard
from config.server.environ import Environ
from config.server.granian_types import Channel, Pending, as_pending


class Arrival(Enum):
    """How the reception of a body ended."""

    WHOLE = "whole"
    LATE = "late"
    REFUSED = "refused"  # too many others are unfinished
    LOST = "lost"  # the client went away


class IncompleteBody(io.RawIOBase):
    """A body whose client disconnected. Reading it raises ConnectionError."""

    def read(self, size: int = -1) -> bytes:
        raise ConnectionError("the body did not arrive")


def has_body(environ: Environ) -> bool:
    return is_chunked(environ) or environ.get("CONTENT_LENGTH", "") not in {"", "0"}


def body_length(environ: Environ) -> float:
    """Return the length of a body in bytes, infinite if it is chunked."""
    return float("inf") if is_chunked(environ) else int(environ["CONTENT_LENGTH"])


def is_chunked(environ: Environ) -> bool:
    return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


class BodyReader:
    """Reads one body. Keeps at most `maximum` + 1 bytes of it, and reads and drops the rest.

    A body that is incomplete after PROMPT_BODY seconds counts as unfinished; `admit` returns whether the
    limits allow one more of these. Calls `done` once, in any thread.
    """

    def __init__(
        self,
        channel: Channel,
        environ: Environ,
        *,
        maximum: int,
        guard: ConnectionGuard,
        admit: Callable[[], bool],
        done: Callable[[Arrival], None],
    ) -> None:
        self._channel = channel
        self._environ = environ
        self._maximum = maximum
        self._guard = guard
        self._admit = admit
        self._done = done
        self._cut: Arrival | None = None
        self._is_over = False
        self._lock = Lock()
        self._begun_at = time.monotonic()
        self._is_admitted = False
        self._enough = min(body_length(environ), maximum + MAX_DRAIN_BYTES)
        self._body = bytearray()
        self._received = 0
        self._pending: Pending | None = None

    def start(self) -> None:
        self._guard.expect(self, self._begun_at + PROMPT_BODY)
        self._receive()

    def expire(self) -> None:
        """Admit the body as unfinished the first time, else cut it off. The guard calls this."""
        with self._lock:  # the body may end in another thread at the same time
            if self._is_over:
                return
            if not self._is_admitted and self._admit():
                self._is_admitted = True
                self._guard.expect(self, self._begun_at + BODY_TIMEOUT)
                return
            self._cut = Arrival.LATE if self._is_admitted else Arrival.REFUSED
            pending = self._pending
        if pending is not None:
            pending.cancel()

    def _receive(self) -> None:
        pending = as_pending(self._channel.receive())
        if pending is None:
            self._finish(Arrival.LOST)
            return
        with self._lock:
            self._pending = pending
        pending.add_done_callback(self._on_message)
        if self._cut:
            pending.cancel()

    def _on_message(self, pending: Pending) -> None:
        self._pending = None  # it refers to this method: break the cycle, so that both are freed
        if self._cut:
            self._finish(self._cut)
            return
        message = pending.result()
        if message["type"] != "http.request":
            self._finish(Arrival.LOST)
            return
        self._keep(message["body"])
        if not message["more_body"] or self._received >= self._enough:
            self._finish(Arrival.WHOLE)
        else:
            self._receive()

    def _keep(self, chunk: bytes) -> None:
        self._received += len(chunk)
        if (room := self._maximum + 1 - len(self._body)) > 0:
            self._body += chunk[:room]

    def _finish(self, arrival: Arrival) -> None:
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
        self._guard.forget(self)
        environ = self._environ
        if is_chunked(environ):
            # Django reads the length from this header only.
            environ["CONTENT_LENGTH"] = str(len(self._body))
            del environ["HTTP_TRANSFER_ENCODING"]
        is_whole = arrival is Arrival.WHOLE
        environ["wsgi.input"] = io.BytesIO(self._body) if is_whole else IncompleteBody()
        self._done(arrival)
