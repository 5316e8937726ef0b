"""Password checks: at login, and again before changes of credentials. Failures are throttled."""

import logging

from django.contrib import auth
from django.http import HttpRequest

from accounts.auth import second_factor, throttling
from accounts.auth.known_browsers import known_browser_of_name
from accounts.callers import Actor
from accounts.models import User
from config.client_addresses import client_ip
from config.errors import Refused

log = logging.getLogger("holdfast.accounts")


def authenticate_password(request: HttpRequest, *, username: str, password: str) -> User:
    """Return the user with this name and password. Raises Refused and Throttled.

    An unknown name and a wrong password take the same time, so that callers cannot tell them apart.
    """
    throttle = throttling.password_throttle(
        username, client_ip(request), known_browser_of_name(request, username)
    )
    throttle.check()
    person = auth.authenticate(request, username=username, password=password)
    if not isinstance(person, User):
        throttle.failed()
        # Never log the name as typed: people type their password there.
        account = User.objects.filter(username=username).first()
        fields = {"user": account.ref if account else None, "ip": client_ip(request)}
        log.warning("login_failed", extra=fields)
        raise Refused.because("", "invalid", "There is no account with this name and password.")
    throttle.succeeded()
    return person


def reauthenticate(*, person: User, password: str, code: str, actor: Actor) -> None:
    """Check the password again and, if the second factor is on, a code. Raises Refused and Throttled."""
    throttle = throttling.password_throttle(person.username, actor.ip, actor.browser)
    throttle.check()
    if not person.check_password(password):
        throttle.failed()
        log.warning("reauthentication_failed", extra={"user": person.ref, "ip": actor.ip})
        raise Refused.because("password", "invalid", "This is not your password.")
    throttle.succeeded()
    if second_factor.is_on(person):
        second_factor.verify(person=person, code=code, actor=actor)
