"""Request bodies arrive whole, bounded and in time before Django begins, or not at all.

The server's threads read bodies as slowly as clients send them. A few slow clients would take every
thread, so those that only wait for bytes are many, and those that work few.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from threading import BoundedSemaphore, Thread
from typing import Any

from django.conf import settings

AT_ONCE = 8
"""Requests that each worker works on. With as many steps beside them they stay within the pool."""
WAITING = 128
"""Requests that each worker takes in: most of them may still wait for their body."""
IN_TIME = 15.0
"""Seconds that a body may take."""
DISCARDED = 16 * 2**20
"""Bytes of a body that is too large which are still read: who is cut off while sending hears no 413."""

Environ = dict[str, Any]
App = Callable[..., Iterable[bytes]]


class Incomplete(io.RawIOBase):
    """A body that did not arrive. Reading it fails as a broken connection does."""

    def read(self, size: int = -1) -> bytes:
        raise TimeoutError("the body did not arrive")


class WholeBodies:
    """A WSGI application around another, which it calls for AT_ONCE requests at a time at most."""

    def __init__(self, application: App) -> None:
        self.application = application
        self.turns = BoundedSemaphore(AT_ONCE)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        _take_in(environ)
        with self.turns:
            answer = self.application(environ, start_response)
            try:
                # In one piece: a client that reads slowly must not hold a thread and a connection.
                return [b"".join(answer)]
            finally:
                if hasattr(answer, "close"):
                    answer.close()


def _take_in(environ: Environ) -> None:
    """Replace the body's stream by what it carried."""
    is_chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
    said = environ.get("CONTENT_LENGTH", "")
    if not is_chunked and said in {"", "0"}:
        return
    body = _read_in_time(environ["wsgi.input"])
    if is_chunked and body is not None:
        # Django takes the length from this header alone.
        said = environ["CONTENT_LENGTH"] = str(len(body))
        del environ["HTTP_TRANSFER_ENCODING"]
    whole = body is not None and len(body) >= min(int(said), settings.MAX_BODY + 1)
    environ["wsgi.input"] = io.BytesIO(body) if whole and body is not None else Incomplete()


def _read_in_time(stream: io.BufferedIOBase) -> bytes | None:
    """The body, cut off where it is too large; None where it takes too long."""
    arrived: list[bytes] = []
    reader = Thread(target=lambda: arrived.append(_read(stream)), daemon=True)
    reader.start()
    reader.join(IN_TIME)
    return arrived[0] if arrived else None


def _read(stream: io.BufferedIOBase) -> bytes:
    body = stream.read(settings.MAX_BODY + 1)
    left = DISCARDED if len(body) > settings.MAX_BODY else 0
    while left > 0 and (discarded := len(stream.read(settings.MAX_BODY))):
        left -= discarded
    return body
