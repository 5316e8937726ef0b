"""Answers for what no view answers: JSON where the path speaks JSON, a page elsewhere."""

import sys

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from config.database_errors import is_database_unavailable
from config.errors import TooManyRequests
from config.http.envelope import envelope
from config.logs import current_request_id
from config.paths import is_api_path


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    message = str(exception) if isinstance(exception, BadRequest) else ""
    return _answer(
        request, 400, "VALIDATION_FAILED", message or "The request cannot be understood."
    )


def foreign_host(request: HttpRequest) -> HttpResponse:
    """400 for a request that another host was meant by."""
    return _answer(request, 400, "VALIDATION_FAILED", "This address is not served here.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "FORBIDDEN", "You may not do that.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(
        request, 403, "FORBIDDEN", "The form is too old or came from elsewhere. Load it again."
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, "NOT_FOUND", "There is nothing here.")


def too_many_requests(request: HttpRequest, error: TooManyRequests) -> HttpResponse:
    answer = _answer(request, 429, "THROTTLED", str(error))
    answer["Retry-After"] = str(error.retry_after)
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the cause is that the database does not answer."""
    if is_database_unavailable(sys.exc_info()[1]):
        return unavailable(request)
    return _answer(request, 500, "INTERNAL_ERROR", "Something broke on our side.")


def unavailable(request: HttpRequest) -> HttpResponse:
    answer = _answer(request, 503, "UNAVAILABLE", "The database does not answer. Try again soon.")
    answer["Retry-After"] = "5"
    return answer


def body_late(request: HttpRequest) -> HttpResponse:
    """408 for a body that took too long. Without a template: hundreds may be due at once."""
    return _plain_answer(
        request, 408, "REQUEST_TIMEOUT", "The body of the request took too long. Send it again."
    )


def server_full(request: HttpRequest) -> HttpResponse:
    """503 where the callers before take all the room. Without a template, as above."""
    answer = _plain_answer(request, 503, "UNAVAILABLE", "The server is busy. Try again soon.")
    answer["Retry-After"] = "5"
    return answer


def _plain_answer(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if is_api_path(request.path):
        return JsonResponse(envelope(code, message), status=status)
    return HttpResponse(f"{message}\n", content_type="text/plain; charset=utf-8", status=status)


def _answer(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if is_api_path(request.path):
        return JsonResponse(envelope(code, message), status=status)
    context = {"status": status, "message": message, "request_id": current_request_id.get()}
    # Rendered without the request: nothing that a context processor asks the database can break it.
    return render(None, "error.html", context, status=status)
