"""What every request passes, outermost first. The order stands in the settings."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import quote, unquote_to_bytes

from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost
from django.http import HttpRequest, HttpResponse
from prometheus_client import Histogram

from config.client_addresses import client_ip
from config.http import error_responses
from config.http.rate_limiting import add_headers
from config.logs import current_request_id

Handler = Callable[[HttpRequest], HttpResponse]

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

log = logging.getLogger("holdfast.access")


REQUESTS = Histogram(
    "holdfast_http_request_seconds",
    "Requests: how many, and how long each took",
    ["door", "method", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
MAX_PARAMETERS = 100
"""Twice as many as there are rows on a page to choose from."""
MAX_VALUE = 4096
"""Characters: where a log-in leads to, or an operators' list goes back to, is an address itself."""
MAX_LOGGED_PATH = 500
"""Characters, percent-encoded as in an address."""
MAX_METHOD = 20
MAX_LOGGED_HOST = 100
UNQUOTED = "/:@!$&'()*+,;="
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})


def request_log(get_response: Handler) -> Handler:
    """Names the request, in the answer and in every log line; logs and counts that it was answered."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        name = given if SANE_ID.fullmatch(given) else uuid.uuid4().hex
        mark = current_request_id.set(name)
        began = time.perf_counter()
        try:
            response = get_response(request)
            response["X-Request-ID"] = name
            seconds = time.perf_counter() - began
            _count(request, response, seconds)
            # Never the query: people paste secrets into it.
            method = str(request.method)[:MAX_METHOD]
            log.info(
                "%s %s",
                method,
                response.status_code,
                extra={
                    "method": method,
                    "path": quote(request.path, safe=UNQUOTED)[:MAX_LOGGED_PATH],
                    "status": response.status_code,
                    "ip": client_ip(request),
                    "ms": round(seconds * 1000, 1),
                },
            )
            return response
        finally:
            current_request_id.reset(mark)

    return middleware


def _count(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    # Nothing that callers make up: each new value would be kept in memory for good.
    door = "api" if error_responses.is_api_path(request.path) else "page"
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(door, method, response.status_code).observe(seconds)


def public_scheme(get_response: Handler) -> Handler:
    """The scheme is PUBLIC_URL's, whatever the last hop speaks: links, cookies and HSTS follow it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.META["wsgi.url_scheme"] = settings.PUBLIC_URL.scheme
        return get_response(request)

    return middleware


def security_headers(get_response: Handler) -> Handler:
    """What SecurityMiddleware leaves out."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", CSP)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
        )
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith("/static/"):
            # Answers belong to one person: no shared cache may keep them.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return middleware


def rate_limit_headers(get_response: Handler) -> Handler:
    """Tells callers whose request was counted how many more they may send."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        add_headers(request, response)
        return response

    return middleware


def page_query_limits(get_response: Handler) -> Handler:
    """Refuses a page's query of more parameters, or longer ones, than any link or form has.

    The API checks its queries itself, once the caller's rights are clear.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.META.get("QUERY_STRING") and not error_responses.is_api_path(request.path):
            values = [value for _, found in request.GET.lists() for value in found]
            if len(values) > MAX_PARAMETERS or any(len(value) > MAX_VALUE for value in values):
                too_much = BadRequest("The address has too many parameters, or one is too long.")
                return error_responses.bad_request(request, too_much)
        return get_response(request)

    return middleware


def known_host(get_response: Handler) -> Handler:
    """Refuses requests for another host than ours, which scanners send all day: one line for each."""

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            host = request.META.get("HTTP_HOST", "")[:MAX_LOGGED_HOST]
            about = {"host": host, "ip": client_ip(request)}
            log.warning("refused a Host that ALLOWED_HOSTS does not list", extra=about)
            return error_responses.foreign_host(request)
        return get_response(request)

    return middleware


def reject_nul_bytes(get_response: Handler) -> Handler:
    """Refuses NUL in path, query and cookies: PostgreSQL cannot take it, so a look-up would be a 500."""

    def middleware(request: HttpRequest) -> HttpResponse:
        query = unquote_to_bytes(request.META.get("QUERY_STRING", ""))
        # Cookies are unquoted on the way in: "\000" becomes a NUL.
        cookies = "".join(request.COOKIES) + "".join(request.COOKIES.values())
        if "\0" in request.path or b"\0" in query or "\0" in cookies:
            return error_responses.bad_request(request)
        return get_response(request)

    return middleware
