"""The fast path: the most frequent requests by token, answered without a view.

It is the innermost handler of the chain of requests by token (`config/http/handlers.py`). It reads a
volume, reads a page of volumes, and creates a volume. It uses the same rules as the views and produces
successes only: a request that would be refused, or that has anything unusual, falls through to the views.
`tests/api/test_fast_path.py` holds both to the same responses, byte for byte.
"""

from __future__ import annotations

import re
import uuid
from functools import partial
from io import BytesIO

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from rest_framework.exceptions import APIException

from accounts.auth.authentication import token_digest
from config.client_addresses import client_ip
from config.errors import DomainError
from config.http.error_responses import unavailable
from config.http.handlers import FallThrough
from config.http.rate_limiting import charge, is_exhausted
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

REFUSALS = (
    FallThrough,
    DomainError,
    APIException,
    SuspiciousOperation,
    RequestDataTooBig,
    UnreadablePostError,
)


def fast_path(request: HttpRequest) -> HttpResponse:
    """Answer a plain request that succeeds. Raises FallThrough for any other one."""
    path = PATH.fullmatch(request.path_info)
    if path is None or "%" in request.META.get("QUERY_STRING", ""):
        raise FallThrough
    try:
        return _answer(request, *path.groups())
    except REFUSALS as refusal:
        raise FallThrough from refusal
    except (OperationalError, InterfaceError) as error:
        return _without_database(request, error)


def _without_database(request: HttpRequest, error: Exception) -> HttpResponse:
    """Fall through if nothing can have happened yet: the view tries again."""
    is_there = connection.connection is not None
    if is_there and connection.is_usable():
        raise FallThrough from error
    if is_there and request.method == "GET":
        connection.close()  # the view opens another one
        raise FallThrough from error
    return unavailable(request)  # waiting for a connection again would only take longer


def _answer(request: HttpRequest, env_id: str, volume_id: str | None) -> HttpResponse:
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
    body = StrictJSONParser().parse(BytesIO(request.body))
    if not isinstance(body, dict):
        raise FallThrough
    return body
