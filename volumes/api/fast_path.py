"""The fast path: the most frequent requests by token, answered before Django's handler runs.

It reads a volume, reads a page of volumes, and creates a volume. It uses the same rules as the views and
produces successes only: a request that would be refused, or that has anything unusual, falls through to
Django. `tests/api/test_fast_path.py` holds both to the same responses, byte for byte.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.handlers.exception import response_for_exception
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.module_loading import import_string
from rest_framework.exceptions import APIException

from accounts.auth.authentication import token_digest
from config.client_addresses import client_ip
from config.errors import DomainError
from config.http.error_responses import unavailable
from config.http.middleware import Handler, public_scheme, request_log
from config.http.rate_limiting import add_headers, charge, is_exhausted
from config.http.request import Utf8Request
from config.paths import CANONICAL_UUID
from volumes.api import responses
from volumes.api.headers import idempotency_key
from volumes.api.pagination import ROWS_AT_ONCE, ListPage
from volumes.api.parsers import StrictJSONParser, is_encoded
from volumes.api.query_params import Query
from volumes.queries import volume_rows
from volumes.services.create_requests import CreateByToken
from volumes.services.creation import create_by_token
from volumes.specs.parsers import Body
from volumes.specs.volume import parse_volume

PATH = re.compile(
    rf"(?:/api/v1)?(?:/environments)?/({CANONICAL_UUID})/volume(?:/(?:vol-)?({CANONICAL_UUID}))?",
    re.ASCII,
)
JSON = "application/json"

Environ = dict[str, Any]
App = Callable[..., Iterable[bytes]]


class FallThrough(Exception):
    """The request is for Django's handler."""


REFUSALS = (
    FallThrough,
    DomainError,
    APIException,
    SuspiciousOperation,
    RequestDataTooBig,
    UnreadablePostError,
)


class FastPath:
    """A WSGI application in front of Django's."""

    def __init__(self, django: App) -> None:
        self.django = django
        self._answer = request_log(public_scheme(self._respond))
        self._common_headers: dict[str, str] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = self.answer(environ)
        if response is None:
            return self.django(environ, start_response)
        connection.close_if_unusable_or_obsolete()
        status = f"{response.status_code} {response.reason_phrase}"
        start_response(status, list(self.headers(response).items()))
        return [response.content]

    def answer(self, environ: Environ) -> HttpResponse | None:
        """Return the response, or None for Django's handler, which then finds the request unchanged."""
        is_plain = (
            "HTTP_AUTHORIZATION" in environ
            and not environ.get("HTTP_COOKIE")
            and "%" not in environ.get("QUERY_STRING", "")
            and PATH.fullmatch(environ.get("PATH_INFO", ""))
        )
        if not is_plain:
            return None
        try:
            return self._answer(Utf8Request(environ))
        except FallThrough:
            return None

    def headers(self, answer: HttpResponse) -> dict[str, str]:
        """Return the headers of the response, and those that the middleware adds to every response.

        Adding them one by one took a sixth of the processor time of a request.
        """
        return dict(answer.items()) | self._common_headers

    def _respond(self, request: HttpRequest) -> HttpResponse:
        """Return the response with its own headers. Raises FallThrough."""
        try:
            request.get_host()
            response = _answer(request)
        except REFUSALS as refusal:
            raise FallThrough from refusal
        except (OperationalError, InterfaceError) as error:
            response = _without_database(request, error)
        except Exception as error:  # like Django
            response = response_for_exception(request, error)
        add_headers(request, response)
        self._common_headers = self._common_headers or _common_headers_of(request)
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


def _common_headers_of(request: HttpRequest) -> dict[str, str]:
    """Return the headers that the common middleware adds: the same for all responses."""
    handler: Handler = lambda request: HttpResponse()  # noqa: E731
    for name in reversed(settings.COMMON_MIDDLEWARE[1:]):
        handler = import_string(name)(handler)
    bare = HttpResponse()
    return {
        name: value
        for name, value in handler(request).items()
        if name not in bare and name != "Content-Length"
    }


def _without_database(request: HttpRequest, error: Exception) -> HttpResponse:
    """Fall through if nothing can have happened yet: Django's handler tries again."""
    is_there = connection.connection is not None
    if is_there and connection.is_usable():
        raise FallThrough from error
    if is_there and request.method == "GET":
        connection.close()  # Django's handler opens another one
        raise FallThrough from error
    return unavailable(request)  # waiting for a connection again would only take longer


def _answer(request: HttpRequest) -> HttpResponse:
    env_id, volume_id = PATH.fullmatch(request.path_info).groups()  # type: ignore[union-attr]
    if request.method == "POST" and volume_id is None:
        return _create(request, uuid.UUID(env_id))
    if request.method != "GET" or request.META.get("CONTENT_TYPE", "") not in {"", JSON}:
        raise FallThrough
    if volume_id is not None:
        return _get(request, uuid.UUID(env_id), uuid.UUID(volume_id))
    return _list(request, uuid.UUID(env_id))


def _get(request: HttpRequest, env_id: uuid.UUID, volume_id: uuid.UUID) -> HttpResponse:
    if request.META.get("QUERY_STRING"):
        raise FallThrough
    digest = _digest(request, is_change=False)
    found = volume_rows.volume_by_token(digest, env_id, volume_id)
    if found is None:
        raise FallThrough  # missing, or not the caller's
    charge(request, digest, is_change=False)
    return responses.volume_response(request, found)


def _list(request: HttpRequest, env_id: uuid.UUID) -> HttpResponse:
    query = Query(request.GET, known={"limit", "cursor"})
    page = ListPage(query)
    query.check()
    after = page.after[1] if page.after else volume_rows.FIRST
    digest = _digest(request, is_change=False)
    most = min(page.limit, ROWS_AT_ONCE) + 1
    rows = volume_rows.page_by_token(digest, env_id, after, most)
    if not rows:
        raise FallThrough  # missing, or not the caller's
    charge(request, digest, is_change=False)
    found = volume_rows.continued(rows, env_id) if len(rows) == most else rows
    return responses.list_response(request, page, found)


def _create(request: HttpRequest, env_id: uuid.UUID) -> HttpResponse:
    if idempotency_key(request) is not None:
        raise FallThrough
    digest = _digest(request, is_change=True)
    create = CreateByToken(
        env_id,
        parse_volume(_plain_body(request), new=True),
        digest=digest,
        ip=client_ip(request),
        admit=partial(charge, request, digest, is_change=True),
    )
    volume = create_by_token(create)
    if volume is None:
        raise FallThrough
    return responses.created_response(request, volume)


def _digest(request: HttpRequest, *, is_change: bool) -> str:
    """Return the digest of the token. Raises FallThrough if its rate limit is reached."""
    digest = token_digest(request)
    if digest is None or is_exhausted(digest, is_change=is_change):
        raise FallThrough
    return digest


def _plain_body(request: HttpRequest) -> Body:
    meta = request.META
    if meta.get("QUERY_STRING") or meta.get("CONTENT_TYPE") != JSON or is_encoded(meta):
        raise FallThrough
    raw = request.body
    request.META["wsgi.input"] = BytesIO(raw)  # Django's handler may have to read it again
    body = StrictJSONParser().parse(BytesIO(raw))
    if not isinstance(body, dict):
        raise FallThrough
    return body
