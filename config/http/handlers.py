"""The WSGI handlers: all middleware for browsers, a short chain for requests by token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from config.http.request import Utf8Request
from config.paths import is_api_path

Environ = dict[str, Any]


class BearerChain:
    """Loads BEARER_MIDDLEWARE only: sessions, CSRF tokens and messages belong to browsers.

    A mixin of a Django handler. None of this middleware has hooks for views, templates or exceptions.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        handler: Any = self
        handler._view_middleware = []
        handler._template_response_middleware = []
        handler._exception_middleware = []
        chain = convert_exception_to_response(handler._get_response)
        for name in reversed(settings.BEARER_MIDDLEWARE):
            chain = convert_exception_to_response(import_string(name)(chain))
        handler._middleware_chain = chain


class BearerHandler(BearerChain, WSGIHandler):
    request_class = Utf8Request


class Handler(WSGIHandler):
    """Processes requests by token in the short chain, and all others in the whole one."""

    request_class = Utf8Request

    def __init__(self) -> None:
        super().__init__()
        self._bearer = BearerHandler()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> HttpResponseBase:
        if is_by_token(environ):
            return self._bearer(environ, start_response)
        return super().__call__(environ, start_response)


def is_by_token(environ: Environ) -> bool:
    """Return whether the API is asked by token: with `Authorization` and without `Cookie`."""
    return (
        "HTTP_AUTHORIZATION" in environ
        and not environ.get("HTTP_COOKIE")
        and is_api_path(environ.get("PATH_INFO", ""))
    )
