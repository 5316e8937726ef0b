"""Request and response headers: entity tags, conditions and idempotency keys."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from rest_framework.request import Request

from config.errors import BadRequest
from volumes.services.locking import ANY, Precondition

TAG = re.compile(r'(W/)?"([!#-~\x80-\xff]+)"')
TAGS = re.compile(rf"[ \t,]*{TAG.pattern}(?:[ \t]*,[ \t,]*{TAG.pattern})*[ \t,]*")
"""A list of entity tags (RFC 9110, 8.8.3 and 5.6.1): empty members are allowed, empty tags are not."""

PRINTABLE = re.compile(r"[ -~]{1,255}", re.ASCII)


def json_response(data: Any, *, status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(data), status=status, content_type="application/json")


def with_etag(
    request: HttpRequest | Request, data: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Return an object with its strong ETag, or a 304 if the GET names that ETag."""
    response = json_response(data, status=status)
    digest = hashlib.sha256(response.content).hexdigest()[:20]
    tag = f'"{data["version"]}.{digest}"'
    if request.method in {"GET", "HEAD"}:
        known = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
        # Weak comparison, as RFC 9110 says for this header: proxies weaken tags when they compress.
        if "*" in known or tag in {one.removeprefix("W/") for one in known}:
            response = HttpResponseNotModified()  # without the Content-Type of a page
    response["ETag"] = tag
    return response


def if_match(request: HttpRequest | Request) -> Precondition:
    """Return what If-Match demands. Only the version of a tag counts, so `"3"` is enough.

    Raises BadRequest for what is neither `*` nor a list of tags.
    """
    header = request.META.get("HTTP_IF_MATCH", "*").strip(" \t")
    if header == "*":
        return ANY
    if not TAGS.fullmatch(header):
        raise BadRequest.because(
            "", "invalid", 'If-Match must be * or the version in quotes, such as If-Match: "3".'
        )
    tags = [(weak, tag.partition(".")[0]) for weak, tag in TAG.findall(header)]
    return Precondition(
        [version for weak, version in tags if not weak],
        weak_versions=[version for weak, version in tags if weak],
    )


def idempotency_key(request: HttpRequest | Request) -> str | None:
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not PRINTABLE.fullmatch(key):
        raise BadRequest.because(
            "", "invalid", "Idempotency-Key must be 1 to 255 printable ASCII characters."
        )
    return key
