"""Request bodies arrive whole and bounded before Django begins, or not at all.

A thread of the server waits for a body for as long as its client takes to send it. So many threads may
wait, and few of them work: a few slow clients would hold everybody else up.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings

from config.turns import turn

WAITING = 512
"""Requests that each worker takes in: as many as it has connections."""
DISCARDED = 16 * 2**20
"""Bytes of a body that is too large which are still read: who is cut off while sending hears no 413."""

Environ = dict[str, Any]
App = Callable[..., Iterable[bytes]]


class Incomplete(io.RawIOBase):
    """A body whose client went away. Reading it fails as a broken connection does."""

    def read(self, size: int = -1) -> bytes:
        raise ConnectionError("the body did not arrive")


class WholeBodies:
    """A WSGI application around another, which it calls for a few requests at a time."""

    def __init__(self, application: App) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        _take_in(environ)
        with turn():
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
    body = _read(environ["wsgi.input"])
    if is_chunked:
        # Django takes the length from this header alone.
        said = environ["CONTENT_LENGTH"] = str(len(body))
        del environ["HTTP_TRANSFER_ENCODING"]
    is_whole = len(body) >= min(int(said), settings.MAX_BODY + 1)
    environ["wsgi.input"] = io.BytesIO(body) if is_whole else Incomplete()


def _read(stream: io.BufferedIOBase) -> bytes:
    """The body, cut off where it is too large."""
    body = stream.read(settings.MAX_BODY + 1)
    left = DISCARDED if len(body) > settings.MAX_BODY else 0
    while left > 0 and (discarded := len(stream.read(settings.MAX_BODY))):
        left -= discarded
    return body
