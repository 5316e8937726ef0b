"""The handler that turns every exception of the API into the error envelope."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions

from accounts.auth.authentication import SecondFactorRequired
from config import errors
from config.database_errors import is_database_unavailable
from config.http.envelope import envelope
from volumes.api.parsers import PayloadTooLarge, UnsupportedContentEncoding

log = logging.getLogger("holdfast")

NOT_FOUND = "There is nothing here."
UNSUPPORTED_MEDIA_TYPE = (
    "The body must be JSON in UTF-8. Send it with Content-Type: application/json."
)


def exception_handler(exception: Exception, context: dict[str, Any]) -> HttpResponse:
    """Return the response for an exception. An unknown one is a bug: its response has the request id."""
    match exception:
        case errors.Refused() if exception.is_conflict:
            return _refusal(409, "CONFLICT", "Conflicts with the current state", exception.problems)
        case errors.BadRequest():
            return _refusal(400, "VALIDATION_FAILED", "Invalid request", exception.problems)
        case errors.Refused():
            return _refusal(400, "VALIDATION_FAILED", "Invalid request body", exception.problems)
        case errors.PreconditionFailed():
            return _refusal(
                412, "PRECONDITION_FAILED", "If-Match does not match", details=str(exception)
            )
        case errors.NotFound() | Http404() | exceptions.NotFound():
            return _refusal(404, "NOT_FOUND", NOT_FOUND)
        case SecondFactorRequired():
            return _refusal(403, "2fa_required", str(exception.detail))
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            answer = _refusal(401, "UNAUTHORIZED", str(exception.detail))
            answer["WWW-Authenticate"] = "Bearer"
            return answer
        case errors.TooManyRequests():
            answer = _refusal(429, "THROTTLED", str(exception))
            answer["Retry-After"] = str(exception.retry_after)
            return answer
        case errors.Forbidden() | DjangoPermissionDenied():
            return _refusal(403, "FORBIDDEN", str(exception) or "You may not do that.")
        case exceptions.PermissionDenied():
            return _refusal(403, "FORBIDDEN", str(exception.detail))
        case exceptions.MethodNotAllowed():
            answer = _refusal(405, "METHOD_NOT_ALLOWED", str(exception.detail))
            answer["Allow"] = ", ".join(context["view"].allowed_methods)
            return answer
        case PayloadTooLarge() | RequestDataTooBig():
            return _refusal(413, "PAYLOAD_TOO_LARGE", PayloadTooLarge.default_detail)
        case exceptions.UnsupportedMediaType():
            return _refusal(415, "UNSUPPORTED_MEDIA_TYPE", UNSUPPORTED_MEDIA_TYPE)
        case UnsupportedContentEncoding():
            return _refusal(415, "UNSUPPORTED_MEDIA_TYPE", str(exception.detail))
        case UnreadablePostError():
            return _unreadable(
                "Invalid request body", "The body did not arrive completely. Send it again."
            )
        case exceptions.ParseError():
            return _unreadable("Invalid request body", str(exception.detail))
        case BadRequest() | SuspiciousOperation() | MultiPartParserError():
            return _unreadable("Invalid request", "The request cannot be understood.")
        case DatabaseError() | InterfaceError() if is_database_unavailable(exception):
            log.warning("database_unavailable", extra={"cause": str(exception)})
            answer = _refusal(503, "UNAVAILABLE", "The database does not answer. Try again soon.")
            answer["Retry-After"] = "5"
            return answer
        case _:
            log.error("request_crashed", exc_info=exception)
            return _refusal(500, "INTERNAL_ERROR", "Something broke on our side.")


def _unreadable(message: str, why: str) -> HttpResponse:
    problem = errors.Problem("", "invalid", why)
    return _refusal(400, "VALIDATION_FAILED", message, [problem])


def _refusal(
    status: int,
    code: str,
    message: str,
    problems: Iterable[errors.Problem] = (),
    *,
    details: str = "",
) -> HttpResponse:
    return JsonResponse(envelope(code, message, problems, details=details), status=status)
