"""Logging in: half with a password, wholly with the code, and staying so after a change."""

import logging
import time
from typing import Any, TypedDict

import django_otp
from django.contrib import auth
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from config.client_addresses import client_ip
from config.http.rate_limiting import charge

log = logging.getLogger("holdfast.accounts")

PENDING_LOGIN = "half_login"
PENDING_SECONDS = 300
PROVEN = "proven_login"
PROVEN_SECONDS = 900


class PendingLogin(TypedDict):
    """Kept on the server. Bound to the credentials, so that changing them ends it."""

    user: int
    credentials: str
    ends: float


class ProvenLogin(PendingLogin):
    """The log-in of a person who gave password and code, and must change the password first."""

    device: str | None


def is_signed_in(user: Any) -> bool:
    """Whether a request's user is logged in, wholly: with the code too, if there is a factor."""
    if not (isinstance(user, User) and user.is_authenticated):
        return False
    return getattr(user, "otp_device", None) is not None or user.confirmed_device() is None


def charge_session(request: HttpRequest, *, is_change: bool) -> None:
    """Count a request of a person who is logged in. Raises RateLimitExceeded."""
    charge(request, str(request.session.session_key), is_change=is_change)


def begin_pending_login(request: HttpRequest, person: User) -> None:
    """The password was right. By itself this opens nothing."""
    request.session.flush()
    request.session[PENDING_LOGIN] = PendingLogin(
        user=person.pk,
        credentials=person.get_session_auth_hash(),
        ends=time.time() + PENDING_SECONDS,
    )
    request.session.set_expiry(PENDING_SECONDS)


def pending_login_user(request: HttpRequest) -> User | None:
    """Whose password this browser gave within the last minutes."""
    return _person_of(request.session.get(PENDING_LOGIN))


def begin_password_change(request: HttpRequest, person: User, device: TOTPDevice | None) -> None:
    """The person has proven who they are. Until they set a new password, that opens nothing."""
    request.session.flush()
    request.session[PROVEN] = ProvenLogin(
        user=person.pk,
        credentials=person.get_session_auth_hash(),
        ends=time.time() + PROVEN_SECONDS,
        device=device.persistent_id if device else None,
    )
    request.session.set_expiry(PROVEN_SECONDS)


def must_change_password(request: HttpRequest) -> tuple[User, TOTPDevice | None] | None:
    """Return who began to change their password here, and their second factor; else None."""
    proven: ProvenLogin | None = request.session.get(PROVEN)
    person = _person_of(proven)
    if proven is None or person is None:
        return None
    device = person.confirmed_device()
    is_same = (device.persistent_id if device else None) == proven["device"]
    return (person, device) if is_same else None


def _person_of(begun: PendingLogin | None) -> User | None:
    """Return who began to log in, if nothing ended it: time, deactivation, new credentials."""
    if begun is None or begun["ends"] < time.time():
        return None
    person = User.objects.filter(pk=begun["user"], is_active=True).first()
    if person is None:
        return None
    same = constant_time_compare(begun["credentials"], person.get_session_auth_hash())
    return person if same else None


def complete_login(request: HttpRequest, person: User, device: TOTPDevice | None) -> None:
    """A session under a new key. `device` is None for who has no second factor."""
    request.session.flush()
    auth.login(request, person)
    if device is not None:
        django_otp.login(request, device)
    told = {"user": person.ref, "ip": client_ip(request), "factors": 1 if device is None else 2}
    log.info("a log-in", extra=told)


def refresh_session(request: HttpRequest, person: User) -> None:
    """After a change that ended every session of a person: this one goes on, under a new key."""
    auth.update_session_auth_hash(request, person)
