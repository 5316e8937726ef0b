"""The page for one's own API tokens."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.auth import second_factor
from accounts.auth.decorators import (
    AuthenticatedHttpRequest,
    full_login_required,
    session_actor,
)
from accounts.forms.tokens import Environments, TokenForm
from accounts.models import Scope, Token
from config import limits
from config.errors import Refused
from config.pagination import CappedPaginator

EXPIRY_WARNING = timedelta(days=7)
CompanyOf = Callable[[uuid.UUID], uuid.UUID]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@full_login_required
def tokens(
    request: AuthenticatedHttpRequest,
    environments: Callable[..., list[tuple[uuid.UUID, str]]],
    company_of: CompanyOf,
) -> HttpResponse:
    """List the person's tokens; on POST, create one.

    `environments` returns those that a person can access, `company_of` the company of an environment.
    """
    own_environments: Environments = partial(environments, request.user)
    if request.method != "POST":
        return _page(request, TokenForm(environments=own_environments), own_environments)
    form = TokenForm(request.POST, environments=own_environments)
    token_and_secret = _create_token(request, form, company_of)
    if token_and_secret is None:
        return _page(request, form, own_environments)
    token, secret = token_and_secret
    # Shown in this response, because a redirect would store the secret in a URL or in the session.
    return render(request, "accounts/token_created.html", {"token": token, "secret": secret})


@require_POST
@full_login_required
def revoke(request: AuthenticatedHttpRequest, token_id: uuid.UUID) -> HttpResponse:
    """Revoke one of the person's own tokens."""
    token = get_object_or_404(Token, pk=token_id, owner=request.user)
    services.revoke_token(token=token, actor=session_actor(request, request.user))
    messages.success(request, f"The token {token.name} is revoked.")
    return redirect("tokens")


def _create_token(
    request: AuthenticatedHttpRequest, form: TokenForm, company_of: CompanyOf
) -> tuple[Token, str] | None:
    """Create the token and return it with its secret. Return None with errors in the form if refused."""
    if not form.is_valid():
        return None
    actor = session_actor(request, request.user)
    spec = form.cleaned_data
    environment = spec["environment"]
    try:
        if second_factor.is_on(request.user):
            second_factor.verify(person=request.user, code=spec["code"], actor=actor)
        return services.create_token(
            owner=request.user,
            name=spec["name"],
            scope=Scope(spec["scope"]),
            environment_id=environment,
            company_id=company_of(environment) if environment else None,
            expires_at=form.expires_at,
            actor=actor,
        )
    except Refused as refused:
        form.refuse(refused)
        return None


def _page(
    request: AuthenticatedHttpRequest, form: TokenForm, environments: Environments
) -> HttpResponse:
    now = timezone.now()
    usable = Token.objects.usable().filter(owner=request.user).order_by("pk")
    page = CappedPaginator(usable, limits.PAGE_SIZE).get_page(request.GET.get("page"))
    environment_ids = {token.environment_id for token in page if token.environment_id}
    labels = dict(environments(among=environment_ids)) if environment_ids else {}
    rows = [
        {
            "token": token,
            "environment": _environment_label(token, labels),
            "ends_soon": token.expires_at is not None and token.expires_at < now + EXPIRY_WARNING,
        }
        for token in page
    ]
    has_factor = second_factor.is_on(request.user)
    context = {"form": form, "page": page, "rows": rows, "has_factor": has_factor}
    return render(request, "accounts/tokens.html", context)


def _environment_label(token: Token, labels: dict[uuid.UUID, str]) -> str:
    if token.environment_id is None:
        return "Everywhere"
    return labels.get(token.environment_id, "An environment you cannot reach any more")
