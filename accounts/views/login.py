"""Logging in and out."""

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import services
from accounts.auth import second_factor
from accounts.auth.decorators import (
    AuthenticatedHttpRequest,
    full_login_required,
    session_actor,
    throttled_view,
)
from accounts.auth.known_browsers import remember_browser
from accounts.auth.reauthentication import authenticate_password
from accounts.auth.sessions import (
    begin_password_change,
    begin_pending_login,
    complete_login,
    is_signed_in,
    must_change_password,
    pending_login_user,
)
from accounts.forms.login import CodeForm, LoginForm
from accounts.forms.security import DuePasswordForm
from accounts.models import User
from config.errors import Refused


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttled_view
def login(request: HttpRequest) -> HttpResponse:
    """Show and process the steps of the login, all at one URL.

    The steps are the password, a code if the second factor is on, and a new password if one is due.
    """
    if is_signed_in(request.user):
        return redirect(_target(request))
    if request.method != "POST":
        return _ask_password(request, LoginForm())
    if "username" in request.POST:
        return _password_step(request)
    return _change_step(request) if "new_password" in request.POST else _code_step(request)


def _password_step(request: HttpRequest) -> HttpResponse:
    form = LoginForm(request.POST)
    if not form.is_valid():
        return _ask_password(request, form)
    try:
        person = authenticate_password(request, **form.cleaned_data)
    except Refused as refused:
        form.refuse(refused)
        return _ask_password(request, form)
    if second_factor.is_on(person):
        begin_pending_login(request, person)
        return _ask_code(request, CodeForm())
    return _finish_or_change_password(request, person, None)


def _code_step(request: HttpRequest) -> HttpResponse:
    person = pending_login_user(request)
    if person is None:
        messages.warning(
            request, "Type the password again: the code must follow within five minutes."
        )
        return _ask_password(request, LoginForm())
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _ask_code(request, form)
    try:
        actor = session_actor(request, person)
        device = second_factor.verify(person=person, code=form.cleaned_data["code"], actor=actor)
    except Refused as refused:
        form.refuse(refused)
        return _ask_code(request, form)
    return _finish_or_change_password(request, person, device)


def _change_step(request: HttpRequest) -> HttpResponse:
    due = must_change_password(request)
    if due is None:
        messages.info(request, "Log in again: the new password must follow within 15 minutes.")
        return _ask_password(request, LoginForm())
    person, device = due
    form = DuePasswordForm(request.POST, person=person)
    if not form.is_valid():
        return _ask_new_password(request, form)
    services.change_password(
        user=person,
        password=form.cleaned_data["new_password"],
        actor=session_actor(request, person),
    )
    return _finish(request, person, device)


def _finish_or_change_password(
    request: HttpRequest, person: User, device: TOTPDevice | None
) -> HttpResponse:
    """Log the person in, unless they must change the password first."""
    if not person.must_change_password:
        return _finish(request, person, device)
    begin_password_change(request, person, device)
    return _ask_new_password(request, DuePasswordForm(person=person))


def _finish(request: HttpRequest, person: User, device: TOTPDevice | None) -> HttpResponse:
    complete_login(request, person, device)
    response = redirect(_target(request))
    remember_browser(request, response, person)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    """Log out. Only by POST, because a link or an image elsewhere must not log anybody out."""
    if request.method != "POST":
        return _ask_logout(request)
    auth.logout(request)
    response = redirect(settings.LOGIN_URL)
    # The next user of the browser must not find cached pages.
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@full_login_required
def _ask_logout(request: AuthenticatedHttpRequest) -> HttpResponse:
    return render(request, "accounts/logout.html")


def _ask_password(request: HttpRequest, form: LoginForm) -> HttpResponse:
    return render(request, "accounts/login.html", {"form": form, "next": _target(request)})


def _ask_code(request: HttpRequest, form: CodeForm) -> HttpResponse:
    return render(request, "accounts/code.html", {"form": form, "next": _target(request)})


def _ask_new_password(request: HttpRequest, form: DuePasswordForm) -> HttpResponse:
    context = {"form": form, "next": _target(request)}
    return render(request, "accounts/new_password.html", context)


def _target(request: HttpRequest) -> str:
    """Return the URL to open after the login. Ignores a `next` on another host."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_safe else settings.LOGIN_REDIRECT_URL
