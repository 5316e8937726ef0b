"""Sessions of the login: pending after the password, complete after the code or a due new password."""

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
DUE_CHANGE = "proven_login"
DUE_CHANGE_SECONDS = 900


class PendingLogin(TypedDict):
    """A login with the right password, stored in the session. Changed credentials invalidate it."""

    user: int
    credentials: str
    ends: float


class DuePasswordChange(PendingLogin):
    """A login with the right password and code, of a person who must change the password first."""

    device: str | None


def is_signed_in(user: Any) -> bool:
    """Whether the user of a request is fully logged in: with the second factor, if there is one."""
    if not (isinstance(user, User) and user.is_authenticated):
        return False
    return getattr(user, "otp_device", None) is not None or user.confirmed_device() is None


def charge_session(request: HttpRequest, *, is_change: bool) -> None:
    """Count a request of a logged-in user. Raises RateLimitExceeded."""
    charge(request, str(request.session.session_key), is_change=is_change)


def begin_pending_login(request: HttpRequest, person: User) -> None:
    """Remember in a new session that the password was right. This alone gives no access."""
    request.session.flush()
    request.session[PENDING_LOGIN] = PendingLogin(
        user=person.pk,
        credentials=person.get_session_auth_hash(),
        ends=time.time() + PENDING_SECONDS,
    )
    request.session.set_expiry(PENDING_SECONDS)


def pending_login_user(request: HttpRequest) -> User | None:
    """Return the user of the session's pending login, or None."""
    return _person_of(request.session.get(PENDING_LOGIN))


def begin_password_change(request: HttpRequest, person: User, device: TOTPDevice | None) -> None:
    """Remember in a new session that password and code were right. This alone gives no access."""
    request.session.flush()
    request.session[DUE_CHANGE] = DuePasswordChange(
        user=person.pk,
        credentials=person.get_session_auth_hash(),
        ends=time.time() + DUE_CHANGE_SECONDS,
        device=device.persistent_id if device else None,
    )
    request.session.set_expiry(DUE_CHANGE_SECONDS)


def must_change_password(request: HttpRequest) -> tuple[User, TOTPDevice | None] | None:
    """Return the user who must change their password in this session, and their device; else None."""
    due: DuePasswordChange | None = request.session.get(DUE_CHANGE)
    person = _person_of(due)
    if due is None or person is None:
        return None
    device = person.confirmed_device()
    is_same = (device.persistent_id if device else None) == due["device"]
    return (person, device) if is_same else None


def _person_of(pending: PendingLogin | None) -> User | None:
    """Return the user, or None if the login expired, the account is off or the credentials changed."""
    if pending is None or pending["ends"] < time.time():
        return None
    person = User.objects.filter(pk=pending["user"], is_active=True).first()
    if person is None:
        return None
    same = constant_time_compare(pending["credentials"], person.get_session_auth_hash())
    return person if same else None


def complete_login(request: HttpRequest, person: User, device: TOTPDevice | None) -> None:
    """Start a session under a new key. `device` is None if the person has no second factor."""
    request.session.flush()
    auth.login(request, person)
    if device is not None:
        django_otp.login(request, device)
    factors = 1 if device is None else 2
    fields = {"user": person.ref, "ip": client_ip(request), "factors": factors}
    log.info("login_succeeded", extra=fields)


def refresh_session(request: HttpRequest, person: User) -> None:
    """Keep this session, under a new key, after a change that ended all sessions of the person."""
    auth.update_session_auth_hash(request, person)
