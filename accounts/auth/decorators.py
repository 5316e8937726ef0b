"""Decorators of page views: login required, requests counted, throttling shown as 429."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from accounts.auth.known_browsers import known_browser
from accounts.auth.sessions import charge_session, is_signed_in
from accounts.callers import Actor, Caller
from accounts.models import User
from config.client_addresses import client_ip
from config.errors import TooManyRequests
from config.http import error_responses

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

P = ParamSpec("P")


class AuthenticatedHttpRequest(HttpRequest):
    """The request that a view behind `full_login_required` receives."""

    user: User


Page = Callable[Concatenate[AuthenticatedHttpRequest, P], HttpResponse]
PublicPage = Callable[Concatenate[HttpRequest, P], HttpResponse]


def full_login_required(page: Page[P]) -> PublicPage[P]:
    """Redirect to the login page unless the user is fully logged in, second factor included."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_signed_in(request.user):
            return redirect_to_login(request.get_full_path())
        charge_page(request)
        return page(cast(AuthenticatedHttpRequest, request), *args, **kwargs)

    return throttled_view(cast(PublicPage[P], guarded))


def charge_page(request: HttpRequest) -> None:
    """Count a page request. Unsafe methods count as changes. Raises RateLimitExceeded."""
    charge_session(request, is_change=request.method not in SAFE_METHODS)


def throttled_view(page: PublicPage[P]) -> PublicPage[P]:
    """Respond with 429 if the view raises TooManyRequests."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return page(request, *args, **kwargs)
        except TooManyRequests as error:
            return error_responses.too_many_requests(request, error)

    return cast(PublicPage[P], guarded)


def session_actor(request: HttpRequest, person: User) -> Actor:
    """Return the person as an actor who uses a browser session."""
    actor = Caller(user=person, token=None, ip=client_ip(request)).actor
    return replace(actor, browser=known_browser(request, person))
