"""Whether this process is up, and whether it can do its work. Open to all."""

from __future__ import annotations

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from volumes.api.envelope import envelope
from volumes.backends import BackendError
from volumes.storage import storage


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Database and storage answer, or 503 with what does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        storage().check()
    except Error:
        return _unready("The database does not answer.")
    except BackendError as error:
        return _unready(error.detail)
    return JsonResponse({"status": "ok"})


def _unready(reason: str) -> HttpResponse:
    answer = JsonResponse(envelope("UNAVAILABLE", reason), status=503)
    answer["Retry-After"] = "5"
    return answer
