"""How a request of the API says who sends it: a bearer token first, a session cookie otherwise."""

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
    """Who sends a token; None where there is no Authorization header at all.

    Raises AuthenticationFailed for any other header, cookie or not, RateLimitExceeded and
    SecondFactorRequired.
    """
    digest = token_digest(request)
    if digest is None:
        return None
    row = _credentials.first(digest=digest)
    if row is None:
        raise exceptions.AuthenticationFailed("The token is unknown, expired or revoked.")
    charge(request, digest, is_change=is_change(request))
    *columns_of_both, has_second_factor = row
    if not has_second_factor:
        raise SecondFactorRequired
    token = instance(Token, columns_of_both[:_TOKEN])
    token.owner = instance(User, columns_of_both[_TOKEN:])
    touch_last_used(token)
    return Caller(user=token.owner, token=token, ip=client_ip(request))


def token_digest(request: HttpRequest | Request) -> str | None:
    """What the sent token is looked up by. As `bearer`, without looking it up."""
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
    """The browser's session. Unsafe methods need the CSRF token, as DRF checks it.

    A session that never saw the second factor of someone who has one opens nothing.
    """

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        user = request._request.user
        if not (is_signed_in(user) and user.is_active):
            return None
        charge_session(request._request, is_change=is_change(request))
        # The plain request: DRF's own would read the body as JSON to look for a token in it.
        self.enforce_csrf(request._request)  # type: ignore[arg-type]
        return user, Caller(user=user, token=None, ip=client_ip(request))


def is_change(request: Request) -> bool:
    """Whether it asks for more than a viewer may do: validating is reading, although it is a POST."""
    view = (request.parser_context or {}).get("view")
    return getattr(view, "needed", Role.VIEWER) != Role.VIEWER


def touch_last_used(token: Token) -> None:
    """Remember that the token was used, at most once a minute."""
    minute_ago = timezone.now() - timedelta(minutes=1)
    if token.last_used_at is None or token.last_used_at < minute_ago:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=minute_ago)
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=Now())


_TOKEN = len(Token._meta.concrete_fields)


def usable_tokens() -> QuerySet[Any]:
    """The usable token of the parameter `digest`, of an active owner, with `has_second_factor`."""
    confirmed = TOTPDevice.objects.filter(user=OuterRef("owner"), confirmed=True)
    return (
        Token.objects.usable()
        .filter(digest=QueryParam("digest", CharField()), owner__is_active=True)
        .annotate(has_second_factor=Exists(confirmed))
    )


def fast_path_tokens() -> QuerySet[Any]:
    """The same, of a token of which nothing but its digest, scope and owner need be looked at.

    It is bound to nothing, its owner has a second factor, and its use was noted a moment ago.
    """
    return usable_tokens().filter(
        has_second_factor=True,
        environment_id__isnull=True,
        last_used_at__gt=Now() - timedelta(minutes=1),
    )


# Everything that decides, as it is at this moment, in one query.
_credentials = PreparedQuery(
    lambda: usable_tokens().values_list(
        *columns(Token), *columns(User, "owner__"), "has_second_factor"
    )
)
