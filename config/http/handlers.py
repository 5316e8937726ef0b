"""The WSGI handlers: all middleware for browsers, a short chain for requests by token."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, get_script_name
from django.core.signals import request_started
from django.db import connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix
from django.utils.module_loading import import_string

from config.http.request import Utf8Request
from config.paths import is_api_path

Environ = dict[str, Any]
FastPath = Callable[[HttpRequest], HttpResponse]
StartResponse = Callable[..., Any]


class FallThrough(Exception):
    """The fast path leaves this request to the views."""


class BearerChain:
    """Loads BEARER_MIDDLEWARE only: sessions, CSRF tokens and messages belong to browsers.

    A mixin of a Django handler. None of this middleware has hooks for views, templates or exceptions.
    """

    fast_path: FastPath | None = None
    """Answers frequent requests, or raises FallThrough for the views to answer."""

    def load_middleware(self, is_async: bool = False) -> None:
        handler: Any = self
        handler._view_middleware = []
        handler._template_response_middleware = []
        handler._exception_middleware = []
        chain = convert_exception_to_response(self._answer)
        for name in reversed(settings.BEARER_MIDDLEWARE):
            chain = import_string(name)(chain)
        handler._middleware_chain = convert_exception_to_response(chain)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if self.fast_path is not None:
            try:
                return self.fast_path(request)
            except FallThrough:
                pass
        return self._answer_by_view(request)

    def _answer_by_view(self, request: HttpRequest) -> HttpResponseBase:
        handler: Any = self
        response: HttpResponseBase = handler._get_response(request)
        return response


class BearerRequest(Utf8Request):
    """A request by token. If its body cannot be read, each attempt raises the same error.

    Django would raise another one when the view tries again after the fast path.
    """

    is_answered_by_view = False
    _read_error: UnreadablePostError | None = None

    @property
    def body(self) -> bytes:
        """The whole body. Raises UnreadablePostError."""
        if self._read_error is not None:
            raise self._read_error
        try:
            return super().body
        except UnreadablePostError as error:
            self._read_error = error
            raise


class BearerHandler(BearerChain, BaseHandler):
    """The WSGI application for requests by token. None of their responses sets a cookie."""

    def __init__(self, fast_path: FastPath) -> None:
        self.fast_path = fast_path
        self.load_middleware()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request = BearerRequest(environ)
        response: Any = self.get_response(request)
        status = f"{response.status_code} {response.reason_phrase}"
        start_response(status, list(response.items()))
        if request.is_answered_by_view:
            response._handler_class = type(self)  # the sender of the signal when it is closed
            whole: Iterable[bytes] = response
            return whole
        # Without Django's signals, which cost half as much as reading a volume.
        connection.close_if_unusable_or_obsolete()
        return [response.content]

    def _answer_by_view(self, request: HttpRequest) -> HttpResponseBase:
        assert isinstance(request, BearerRequest)
        request.is_answered_by_view = True
        set_script_prefix(get_script_name(request.environ))
        request_started.send(sender=type(self), environ=request.environ)
        return super()._answer_by_view(request)


class BrowserHandler(WSGIHandler):
    """The WSGI application for all other requests."""

    request_class = Utf8Request


class Handler:
    """Passes requests by token through the short chain, and all others through the whole one."""

    def __init__(self, fast_path: FastPath) -> None:
        self._bearer = BearerHandler(fast_path)
        self._browser = BrowserHandler()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        handler = self._bearer if is_by_token(environ) else self._browser
        return handler(environ, start_response)


def is_by_token(environ: Environ) -> bool:
    """Return whether the API is asked by token: with `Authorization` and without `Cookie`."""
    return (
        "HTTP_AUTHORIZATION" in environ
        and not environ.get("HTTP_COOKIE")
        and is_api_path(environ.get("PATH_INFO", ""))
    )
