"""The test client of Django behind the fast path, like Django in the server."""

from __future__ import annotations

from typing import Any

from django.http.response import ResponseHeaders
from django.test.client import ClientHandler

from config.http.request import Utf8Request
from volumes.api.fast_path import FastPath


class FastPathHandler(ClientHandler):
    """What answers a `Client` of ours."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fast_path = FastPath(self)

    def __call__(self, environ: dict[str, Any]) -> Any:
        answer: Any = self.fast_path.answer(environ)
        if answer is None:
            return super().__call__(environ)
        answer.headers = ResponseHeaders(self.fast_path.headers(answer))
        answer.wsgi_request = Utf8Request(environ)  # as the client expects it
        return answer
