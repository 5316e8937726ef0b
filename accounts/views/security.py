"""The page for one's own password and second factor. All its forms post to one URL."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.auth.decorators import (
    AuthenticatedHttpRequest,
    full_login_required,
    session_actor,
)
from accounts.auth.known_browsers import remember_browser
from accounts.auth.sessions import refresh_session
from accounts.views import second_factor
from accounts.views.security_page import bound_form, is_reauthenticated, security_page


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@full_login_required
def security(request: AuthenticatedHttpRequest) -> HttpResponse:
    if request.method != "POST":
        return security_page(request)
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        raise BadRequest("The form names no action of this page.")
    version = request.user.credentials_version
    response = action(request)
    if request.user.credentials_version != version:
        # Changed credentials invalidate the cookie of every known browser. Set it again here, where the
        # person has just reauthenticated.
        remember_browser(request, response, request.user)
    return response


def change_password(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Set a new password, after reauthentication."""
    form = bound_form(request, "password")
    if not is_reauthenticated(request, form):
        return security_page(request, password=form)
    services.change_password(
        user=request.user,
        password=form.cleaned_data["new_password"],
        actor=session_actor(request, request.user),
    )
    refresh_session(request, request.user)
    messages.success(request, "The password is changed. Your other sessions are ended.")
    return redirect("security")


ACTIONS: dict[str, Callable[[AuthenticatedHttpRequest], HttpResponse]] = {
    "password": change_password,
    "enrol": second_factor.enrol,
    "confirm": second_factor.confirm,
    "switch_off": second_factor.switch_off,
    "recovery_codes": second_factor.renew_recovery_codes,
}
