"""The middleware of Holdfast. MIDDLEWARE and BEARER_MIDDLEWARE in the settings define the order."""

import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest, DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from prometheus_client import Histogram

from config import limits
from config.client_addresses import client_ip
from config.http import error_responses
from config.http.rate_limiting import add_headers
from config.logs import current_request_id
from config.paths import is_api_path

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
    ["interface", "method", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
UNQUOTED = "/:@!$&'()*+,;="
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})


def request_log(get_response: Handler) -> Handler:
    """Give each request an id, for its response and log lines, and log and count the response."""

    def middleware(request: HttpRequest) -> HttpResponse:
        sent_id = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = sent_id if SANE_ID.fullmatch(sent_id) else uuid.uuid4().hex
        reset_token = current_request_id.set(request_id)
        began = time.perf_counter()
        try:
            response = get_response(request)
            response["X-Request-ID"] = request_id
            seconds = time.perf_counter() - began
            _count(request, response, seconds)
            # Never log the query: people paste secrets into it.
            method = str(request.method)[: limits.MAX_LOG_METHOD_LENGTH]
            log.info(
                "request_finished",
                extra={
                    "method": method,
                    "path": quote(request.path, safe=UNQUOTED)[: limits.MAX_LOG_PATH_LENGTH],
                    "status": response.status_code,
                    "ip": client_ip(request),
                    "ms": round(seconds * 1000, 1),
                },
            )
            return response
        finally:
            current_request_id.reset(reset_token)

    return middleware


def _count(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    # No label may have values that callers choose: each new one would stay in memory forever.
    interface = "api" if is_api_path(request.path) else "page"
    method = request.method if request.method in METHODS else "other"
    _counter(interface, method, response.status_code).observe(seconds)


@lru_cache(maxsize=256)
def _counter(interface: str, method: str | None, status: int) -> Histogram:
    return REQUESTS.labels(interface, method, status)


def public_scheme(get_response: Handler) -> Handler:
    """Set the scheme to that of PUBLIC_URL, which links, cookies and HSTS depend on.

    The connection from the proxy is usually plain HTTP.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.META["wsgi.url_scheme"] = settings.PUBLIC_URL.scheme
        return get_response(request)

    return middleware


SECURITY_HEADERS = {
    "Content-Security-Policy": CSP,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Responses are for one person, so shared caches must not store them.
PRIVATE_HEADERS = {**SECURITY_HEADERS, "Cache-Control": "private, no-cache"}


def security_headers(get_response: Handler) -> Handler:
    """Set the security headers that Django's SecurityMiddleware does not set."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_static = request.path.startswith("/static/")
        _set_defaults(response, SECURITY_HEADERS if is_static else PRIVATE_HEADERS)
        return response

    return middleware


def _set_defaults(response: HttpResponse, headers: Mapping[str, str]) -> None:
    """Set the headers that the response has not. Their names and values are valid: constants of ours.

    ResponseHeaders.setdefault() would validate each one for each response, which takes ten times as long.
    """
    stored = response.headers._store
    for name, value in headers.items():
        stored.setdefault(name.lower(), (name, value))


def constant_headers(get_response: Handler) -> Handler:
    """Add the headers that HEADER_MIDDLEWARE adds to all responses, without passing through each of it.

    Which these are, an empty response shows.
    """
    constant: dict[str, str] = {}

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not constant:
            constant.update(_headers_of_empty_response(request))
        _set_defaults(response, constant)
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    return middleware


def _headers_of_empty_response(request: HttpRequest) -> dict[str, str]:
    chain: Handler = lambda request: HttpResponse()  # noqa: E731
    for name in reversed(settings.HEADER_MIDDLEWARE):
        chain = import_string(name)(chain)
    own = {"Content-Type", "Content-Length"}
    return {name: value for name, value in chain(request).items() if name not in own}


def rate_limit_headers(get_response: Handler) -> Handler:
    """Add the rate limit headers to responses of counted requests."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        add_headers(request, response)
        return response

    return middleware


def anonymous_user(get_response: Handler) -> Handler:
    """Give requests without a session the user that they have until they are authenticated."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.user = AnonymousUser()
        return get_response(request)

    return middleware


def page_query_limits(get_response: Handler) -> Handler:
    """Refuse page requests whose query has more or longer parameters than any link or form.

    The API checks its queries itself, after authorization.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.META.get("QUERY_STRING") and not is_api_path(request.path):
            values = [value for _, items in request.GET.lists() for value in items]
            if len(values) > limits.MAX_QUERY_PARAMETERS or any(
                len(value) > limits.MAX_QUERY_VALUE_LENGTH for value in values
            ):
                too_much = BadRequest("The address has too many parameters, or one is too long.")
                return error_responses.bad_request(request, too_much)
        return get_response(request)

    return middleware


def known_host(get_response: Handler) -> Handler:
    """Refuse requests for hosts that ALLOWED_HOSTS does not list, and log one line for each.

    Scanners send many such requests. Django's traceback for each would fill the log.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            host = request.META.get("HTTP_HOST", "")[: limits.MAX_LOG_HOST_LENGTH]
            fields = {"host": host, "ip": client_ip(request)}
            log.warning("host_not_allowed", extra=fields)
            return error_responses.foreign_host(request)
        return get_response(request)

    return middleware


def reject_nul_bytes(get_response: Handler) -> Handler:
    """Refuse NUL in path, query and cookies: PostgreSQL refuses it, and the response would be a 500."""

    def middleware(request: HttpRequest) -> HttpResponse:
        query = unquote_to_bytes(request.META.get("QUERY_STRING", ""))
        # Django unquotes cookies, so that "\000" becomes a NUL.
        cookies = "".join(request.COOKIES) + "".join(request.COOKIES.values())
        if "\0" in request.path or b"\0" in query or "\0" in cookies:
            return error_responses.bad_request(request)
        return get_response(request)

    return middleware
