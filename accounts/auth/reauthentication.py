"""Proving to be someone: the password, counted, and again a code for what matters most."""

import logging

from django.contrib import auth
from django.http import HttpRequest

from accounts.auth import second_factor, throttling
from accounts.auth.known_browsers import known_browser_of_name
from accounts.callers import Actor
from accounts.errors import Refused
from accounts.models import User
from config.client_addresses import client_ip

log = logging.getLogger("holdfast.accounts")


def authenticate_password(request: HttpRequest, *, username: str, password: str) -> User:
    """Who logs in. Not even the time it takes tells a wrong name from a wrong password."""
    tries = throttling.password_throttle(
        username, client_ip(request), known_browser_of_name(request, username)
    )
    tries.check()
    person = auth.authenticate(request, username=username, password=password)
    if not isinstance(person, User):
        tries.failed()
        # Never the name as typed: people type their password there.
        known = User.objects.filter(username=username).first()
        told = {"user": known.ref if known else None, "ip": client_ip(request)}
        log.warning("a log-in was refused", extra=told)
        raise Refused("", "There is no account with this name and password.")
    tries.succeeded()
    return person


def reauthenticate(*, person: User, password: str, code: str, actor: Actor) -> None:
    """The password again and, where a second factor is on, a code of it."""
    tries = throttling.password_throttle(person.username, actor.ip, actor.browser)
    tries.check()
    if not person.check_password(password):
        tries.failed()
        log.warning("a password was refused", extra={"user": person.ref, "ip": actor.ip})
        raise Refused("password", "This is not your password.")
    tries.succeeded()
    if second_factor.is_on(person):
        second_factor.verify(person=person, code=code, actor=actor)
