"""Sends a response as fast as the client reads it, without a waiting thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator

from config.limits import CHUNK_BYTES, READER_TIMEOUT
from config.server.connections import ConnectionGuard
from config.server.granian_types import Channel, Pending, as_pending
from config.server.sockets import Peer

log = logging.getLogger("holdfast.server")


def slices(body: bytes) -> Iterator[bytes]:
    """Cut a body into pieces to send."""
    return (body[start : start + CHUNK_BYTES] for start in range(0, len(body), CHUNK_BYTES))


def pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Join small chunks into pieces to send. The first chunk is sent at once."""
    buffer = bytearray()
    first = True
    for chunk in chunks:
        buffer += chunk
        if len(buffer) >= CHUNK_BYTES or (first and buffer):
            yield bytes(buffer)
            buffer.clear()
            first = False
    if buffer:
        yield bytes(buffer)


class ResponseSender:
    """Sends the body of a response piece by piece. Calls `done` once, whatever happens.

    The connection is closed if the client reads nothing for READER_TIMEOUT seconds, or if the body raises
    an exception, so that the client does not take a part for the whole response.
    """

    def __init__(
        self,
        channel: Channel,
        body: Iterator[bytes],
        *,
        peer: Peer,
        guard: ConnectionGuard,
        done: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._body = body
        self._peer = peer
        self._guard = guard
        self._done = done
        self._pending: Pending | None = None
        self._is_over = False

    def start(self) -> None:
        self._watch_for_disconnect()
        self._send_all()

    def expire(self) -> None:
        """Close the connection of a stalled reader. The guard calls this at the deadline."""
        self._abort()
        if self._pending is not None:
            self._pending.cancel()

    def _abort(self) -> None:
        self._is_over = True
        self._guard.close(self._peer)

    def _send_all(self) -> None:
        while not self._is_over:
            try:
                piece = next(self._body, None)
            except Exception:
                log.exception("response_failed")
                self._abort()
                break
            if piece is None:
                break
            message = {"type": "http.response.body", "body": piece, "more_body": True}
            self._pending = as_pending(self._channel.send(message))
            if self._pending is not None:
                self._guard.expect(self, time.monotonic() + READER_TIMEOUT)
                self._pending.add_done_callback(self._on_taken)
                return
        self._is_over = True
        self._done()

    def _on_taken(self, pending: Pending) -> None:
        self._pending = None  # it refers to this method: break the cycle, so that both are freed
        self._guard.forget(self)
        self._send_all()

    def _watch_for_disconnect(self) -> None:
        pending = as_pending(self._channel.receive())
        if pending is None:
            self._is_over = True
        else:
            pending.add_done_callback(self._on_message)

    def _on_message(self, pending: Pending) -> None:
        if pending.result()["type"] == "http.disconnect":
            self._is_over = True
        else:
            self._watch_for_disconnect()
