"""Browsers in which a person logged in before, known by a signed cookie.

Such a browser has throttles of its own, so strangers cannot keep a person out. The cookie opens
nothing. It ends with the credentials: a new password, a changed second factor, a deactivation.
"""

import secrets
import time
from collections.abc import Iterator

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User

COOKIE = "known_browser"
SALT = "accounts.auth.known_browsers"
LIFETIME = 90 * 86400  # seconds since the person's last log-in there
MAX_PEOPLE = 5  # of one browser; the cookie stays well below 4 KiB

Entry = tuple[int, str, str, float]
"""The person, the browser's id, the tag of the credentials, and when the entry expires."""


def known_browser(request: HttpRequest, person: User) -> str | None:
    """Return the id of the browser if the person logged in there before, else None."""
    for user, browser, tag, _ in _entries(request):
        if user == person.pk and constant_time_compare(tag, _tag(person, browser)):
            return browser if person.is_active else None
    return None


def known_browser_of_name(request: HttpRequest, username: str) -> str | None:
    """As `known_browser`, for a username as typed."""
    if COOKIE not in request.COOKIES:
        return None
    person = User.objects.filter(username=username).first()
    return known_browser(request, person) if person else None


def remember_browser(request: HttpRequest, response: HttpResponse, person: User) -> None:
    """Let the browser be known as this person's from now on, under a new id.

    The id is new each time, so that a stolen cookie shares no throttle with the browser.
    """
    browser = secrets.token_urlsafe(12)
    others = [entry for entry in _entries(request) if entry[0] != person.pk]
    mine: Entry = (person.pk, browser, _tag(person, browser), time.time() + LIFETIME)
    response.set_cookie(
        COOKIE,
        signing.dumps([mine, *others][:MAX_PEOPLE], salt=SALT),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _entries(request: HttpRequest) -> Iterator[Entry]:
    """The cookie's entries that have not expired. A cookie that was not signed here has none."""
    try:
        entries = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return
    yield from (entry for entry in entries if entry[3] > time.time())


def _tag(person: User, browser: str) -> str:
    """Bind the id to the person's password and second factor as they are now."""
    credentials = f"{browser}:{person.get_session_auth_hash()}"
    return salted_hmac(SALT, credentials, algorithm="sha256").hexdigest()[:32]
