"""The fast lane: what programs ask for most, answered before the rest of Django is put to work.

Reading a volume, reading a page of volumes and creating one, by token. It knows the rules from where
everybody knows them, and it only ever says yes: whatever is refused, or is not as plain as it looks for,
goes the ordinary way, which alone knows how to say no. `tests/volumes/test_lane.py` holds both to the
same answers, byte for byte.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from io import BytesIO

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from rest_framework.exceptions import APIException

from accounts.authentication import bearer, token_digest
from accounts.callers import Caller
from accounts.models import Role
from config.errors import unavailable
from volumes import reading
from volumes.api import answers
from volumes.api.paging import Page
from volumes.api.parsers import StrictJSONParser
from volumes.api.query import Query
from volumes.errors import DomainError
from volumes.models import Environment
from volumes.reach import environment_of
from volumes.rules.fields import Body

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PATH = re.compile(
    rf"(?:/api/v1)?(?:/environments)?/({UUID})/volume(?:/(?:vol-)?({UUID}))?", re.ASCII
)

Handler = Callable[[HttpRequest], HttpResponse]
JSON = "application/json"


class NotPlain(Exception):
    """For the ordinary way."""


REFUSALS = (NotPlain, DomainError, APIException, RequestDataTooBig, UnreadablePostError)


def fast_lane(get_response: Handler) -> Handler:
    """A middleware, below those that every answer passes and above those that only pages need."""

    def middleware(request: HttpRequest) -> HttpResponse:
        wanted = PATH.fullmatch(request.path_info)
        if wanted and "HTTP_AUTHORIZATION" in request.META:
            try:
                return _answer(request, uuid.UUID(wanted[1]), wanted[2])
            except REFUSALS:
                pass
            except (OperationalError, InterfaceError):
                if connection.connection is None:
                    return unavailable(request)  # waiting for one again would only take longer
                if not connection.is_usable():
                    connection.close()  # and the ordinary way begins with another one
        return get_response(request)

    return middleware


def _answer(request: HttpRequest, env_id: uuid.UUID, volume_id: str | None) -> HttpResponse:
    if request.method == "POST" and volume_id is None:
        body = _plain_body(request)
        caller, environment = _admitted(request, env_id, Role.EDITOR)
        return answers.new_volume(request, caller, environment, body)
    if request.method != "GET" or request.META.get("CONTENT_TYPE", "") not in {"", JSON}:
        raise NotPlain
    digest = token_digest(request)
    if digest is None:
        raise NotPlain
    if volume_id is not None:
        if request.GET:
            raise NotPlain
        found = reading.volume_by_token(digest, env_id, uuid.UUID(volume_id))
        return answers.one_volume(request, found)
    query = Query(request.GET, known={"limit", "cursor"})
    page = Page(query)
    query.check()
    after = page.after[1] if page.after else reading.FIRST
    rows = reading.page_by_token(digest, env_id, after, page.limit + 1)
    if not rows:
        raise NotPlain  # nothing there, or no right to know
    return answers.page_of_volumes(request, page, rows)


def _plain_body(request: HttpRequest) -> Body:
    if request.GET or request.META.get("CONTENT_TYPE") != JSON:
        raise NotPlain
    body = StrictJSONParser().parse(BytesIO(request.body))
    if not isinstance(body, dict):
        raise NotPlain
    return body


def _admitted(request: HttpRequest, env_id: uuid.UUID, needed: Role) -> tuple[Caller, Environment]:
    """Who asks, and the environment, for whom it may be done there. Asked for last: it costs most."""
    caller = bearer(request)
    environment = caller and environment_of(caller, env_id)
    if not caller or not environment or not caller.may(needed, role=environment.role):
        raise NotPlain
    return caller, environment
