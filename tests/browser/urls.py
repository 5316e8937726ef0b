"""The addresses of Holdfast, and `/broken/<status>` for what cannot be asked for in any other way."""

from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config import urls
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

CAUSES = {
    400: BadRequest("nobody can read this"),
    500: RuntimeError("a bug"),
    503: OperationalError("the database is away"),
}


def broken(request: HttpRequest, status: int) -> HttpResponse:
    raise CAUSES[status]


urlpatterns = [path("broken/<int:status>", broken), *urls.urlpatterns]
