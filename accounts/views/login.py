"""Logging in and out."""

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import second_factor
from accounts.errors import Refused
from accounts.forms.login import CodeForm, LoginForm
from accounts.guards import SignedInRequest, counted, session_actor, signed_in
from accounts.proof import person_by_password
from accounts.sessions import begin_half_login, finish_login, half_logged_in, is_signed_in


@sensitive_post_parameters("password", "code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@counted
def login(request: HttpRequest) -> HttpResponse:
    """Two steps at one address: the password, then the code of who has a second factor."""
    if is_signed_in(request.user):
        return redirect(_target(request))
    if request.method != "POST":
        return _ask_password(request, LoginForm())
    return _password_step(request) if "username" in request.POST else _code_step(request)


def _password_step(request: HttpRequest) -> HttpResponse:
    form = LoginForm(request.POST)
    if not form.is_valid():
        return _ask_password(request, form)
    try:
        person = person_by_password(request, **form.cleaned_data)
    except Refused as refused:
        form.refuse(refused)
        return _ask_password(request, form)
    if second_factor.is_on(person):
        begin_half_login(request, person)
        return _ask_code(request, CodeForm())
    finish_login(request, person, device=None)
    return redirect(_target(request))


def _code_step(request: HttpRequest) -> HttpResponse:
    person = half_logged_in(request)
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
    finish_login(request, person, device)
    return redirect(_target(request))


@require_http_methods(["GET", "HEAD", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    """By POST only: a link or an image elsewhere must not log anybody out."""
    if request.method != "POST":
        return _ask_logout(request)
    auth.logout(request)
    left = redirect(settings.LOGIN_URL)
    # What the browser kept is not there for who sits down next.
    left["Clear-Site-Data"] = '"cache", "storage"'
    return left


@signed_in
def _ask_logout(request: SignedInRequest) -> HttpResponse:
    return render(request, "accounts/logout.html")


def _ask_password(request: HttpRequest, form: LoginForm) -> HttpResponse:
    return render(request, "accounts/login.html", {"form": form, "next": _target(request)})


def _ask_code(request: HttpRequest, form: CodeForm) -> HttpResponse:
    return render(request, "accounts/code.html", {"form": form, "next": _target(request)})


def _target(request: HttpRequest) -> str:
    """Where to go after logging in: on this host only, whatever the address says."""
    wish = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        wish, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wish if ours else settings.LOGIN_REDIRECT_URL
