"""Browsers in which a person has logged in before, recognized by a signed cookie.

Such a browser has throttles of its own, so strangers cannot lock a person out. The cookie grants no
access. A new password, a changed second factor and a deactivation invalidate it.
"""

import secrets
import time
from collections.abc import Iterator

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from config import limits

COOKIE = "known_browser"
SALT = "accounts.auth.known_browsers"
LIFETIME = 90 * 86400  # seconds since the person's last log-in there
Entry = tuple[int, str, str, float]
"""The person, the browser's id, the tag of the credentials, and when the entry expires."""


def known_browser(request: HttpRequest, person: User) -> str | None:
    """Return the id of the browser if the person has logged in there before, else None."""
    for user, browser, tag, _ in _entries(request):
        if user == person.pk and constant_time_compare(tag, _tag(person, browser)):
            return browser if person.is_active else None
    return None


def known_browser_of_name(request: HttpRequest, username: str) -> str | None:
    """Return the same for a username as typed."""
    if COOKIE not in request.COOKIES:
        return None
    person = User.objects.filter(username=username).first()
    return known_browser(request, person) if person else None


def remember_browser(request: HttpRequest, response: HttpResponse, person: User) -> None:
    """Set the cookie that identifies the browser as one of this person's.

    The id is new each time, so that a stolen older cookie does not share the browser's throttle.
    """
    browser = secrets.token_urlsafe(12)
    others = [entry for entry in _entries(request) if entry[0] != person.pk]
    mine: Entry = (person.pk, browser, _tag(person, browser), time.time() + LIFETIME)
    response.set_cookie(
        COOKIE,
        signing.dumps([mine, *others][: limits.MAX_KNOWN_PEOPLE], salt=SALT),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _entries(request: HttpRequest) -> Iterator[Entry]:
    """Yield the entries of the cookie that have not expired. A cookie with a bad signature has none."""
    try:
        entries = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return
    yield from (entry for entry in entries if entry[3] > time.time())


def _tag(person: User, browser: str) -> str:
    """Return a code that binds the id to the person's present password and second factor."""
    credentials = f"{browser}:{person.get_session_auth_hash()}"
    return salted_hmac(SALT, credentials, algorithm="sha256").hexdigest()[:32]
