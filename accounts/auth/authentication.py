"""Authentication of API requests: by bearer token if there is one, else by session cookie."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts.auth import token_format
from accounts.auth.sessions import charge_session, is_signed_in
from accounts.callers import Caller
from accounts.models import Role, Token, User
from config.client_addresses import client_ip
from config.db.statements import PreparedQuery, QueryParam, columns, instance
from config.http.rate_limiting import charge


class SecondFactorRequired(exceptions.PermissionDenied):
    default_code = "2fa_required"
    default_detail = "The owner of this token has no confirmed second factor."


def authenticate_bearer(request: Request) -> Caller | None:
    """Authenticate the Authorization header. Return None if there is none.

    Raises AuthenticationFailed for a header without a usable token, even if a cookie is sent too, and
    RateLimitExceeded and SecondFactorRequired.
    """
    digest = token_digest(request)
    if digest is None:
        return None
    row = _credentials.first(digest=digest)
    if row is None:
        raise exceptions.AuthenticationFailed("The token is unknown, expired or revoked.")
    charge(request, digest, is_change=is_change(request))
    *token_and_owner, has_second_factor = row
    if not has_second_factor:
        raise SecondFactorRequired
    token = instance(Token, token_and_owner[:_TOKEN_COLUMNS])
    token.owner = instance(User, token_and_owner[_TOKEN_COLUMNS:])
    touch_last_used(token)
    return Caller(user=token.owner, token=token, ip=client_ip(request))


def token_digest(request: HttpRequest | Request) -> str | None:
    """Return the digest of the bearer token without looking it up. None if there is no header.

    Raises AuthenticationFailed for any header that is not a well-formed token.
    """
    header = request.META.get("HTTP_AUTHORIZATION")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not token_format.is_well_formed(secret.strip(" ")):
        raise exceptions.AuthenticationFailed("The Authorization header is not a valid token.")
    return token_format.digest(secret.strip(" "))


class BearerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer hfst_…`."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        caller = authenticate_bearer(request)
        return (caller.user, caller) if caller else None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """Authenticates by the browser's session. Unsafe methods need the CSRF token.

    If the user has a second factor, the session must have verified it.
    """

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        user = request._request.user
        if not (is_signed_in(user) and user.is_active):
            return None
        charge_session(request._request, is_change=is_change(request))
        # Django's request: DRF's would parse the body as JSON to look for a CSRF token in it.
        self.enforce_csrf(request._request)  # type: ignore[arg-type]
        return user, Caller(user=user, token=None, ip=client_ip(request))


def is_change(request: Request) -> bool:
    """Whether the action requires more than the role viewer. Validating is a POST, but only reads."""
    view = (request.parser_context or {}).get("view")
    return getattr(view, "required_role", Role.VIEWER) != Role.VIEWER


def touch_last_used(token: Token) -> None:
    """Set `last_used_at` to the present time, at most once a minute."""
    minute_ago = timezone.now() - timedelta(minutes=1)
    if token.last_used_at is None or token.last_used_at < minute_ago:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=minute_ago)
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=Now())


_TOKEN_COLUMNS = len(Token._meta.concrete_fields)


def usable_tokens() -> QuerySet[Any]:
    """Return the usable token with the query parameter `digest`, if its owner is active.

    The row is annotated with `has_second_factor`, of the owner.
    """
    confirmed = TOTPDevice.objects.filter(user=OuterRef("owner"), confirmed=True)
    return (
        Token.objects.usable()
        .filter(digest=QueryParam("digest", CharField()), owner__is_active=True)
        .annotate(has_second_factor=Exists(confirmed))
    )


def fast_path_tokens() -> QuerySet[Any]:
    """Return the same, only if no further check or write is needed.

    The token is bound to no environment, its owner has a second factor, and `last_used_at` is less than
    a minute old.
    """
    return usable_tokens().filter(
        has_second_factor=True,
        environment_id__isnull=True,
        last_used_at__gt=Now() - timedelta(minutes=1),
    )


# One query reads everything that authentication depends on, so that all of it is current.
_credentials = PreparedQuery(
    lambda: usable_tokens().values_list(
        *columns(Token), *columns(User, "owner__"), "has_second_factor"
    )
)
