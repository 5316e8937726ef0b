"""The test client's handlers of requests by token: with the fast path, as in the server, and without."""

from __future__ import annotations

from typing import Any

from django.test.client import ClientHandler

from config.http.handlers import BearerChain, is_by_token
from volumes.api.fast_path import fast_path


class BearerClientHandler(BearerChain, ClientHandler):
    """The short chain of requests by token, without the fast path."""


class FastPathChain(BearerClientHandler):
    """The short chain with the fast path."""

    fast_path = staticmethod(fast_path)


class FastPathHandler(ClientHandler):
    """What answers a `Client` of ours: as in the server."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._bearer = FastPathChain(**options)

    def __call__(self, environ: dict[str, Any]) -> Any:
        return self._bearer(environ) if is_by_token(environ) else super().__call__(environ)
