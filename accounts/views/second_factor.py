"""Enrolling a device, switching it off, new recovery codes: what the security page's forms do."""

import time

import django_otp
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.auth import second_factor
from accounts.auth.decorators import AuthenticatedHttpRequest, session_actor
from accounts.auth.sessions import refresh_session
from accounts.errors import Refused
from accounts.forms.security import ConfirmForm
from accounts.views.qr import secret_of, svg_of
from accounts.views.security_page import proven, security_page, sent_form

ENROLLING = "enrolling_until"
ENROLLING_SECONDS = 900


def enrol(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Shows a new secret to who has just typed the password."""
    form = sent_form(request, "enrol")
    if not proven(request, form):
        return security_page(request, enrol=form)
    try:
        device = second_factor.enrol(person=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("security")
    request.session[ENROLLING] = time.time() + ENROLLING_SECONDS
    return _device_page(request, device, ConfirmForm())


def confirm(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The device's first code switches the factor on."""
    device = second_factor.pending_device(request.user)
    # The secret is shown again only for a while: a stolen session must not be able to read it.
    if device is None or request.session.get(ENROLLING, 0) < time.time():
        messages.warning(request, "Begin again: the code must follow within fifteen minutes.")
        return redirect("security")
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _device_page(request, device, form)
    actor = session_actor(request, request.user)
    try:
        codes = second_factor.confirm(
            person=request.user, code=form.cleaned_data["code"], actor=actor
        )
    except Refused as refused:
        form.refuse(refused)
        return _device_page(request, device, form)
    del request.session[ENROLLING]
    refresh_session(request, request.user)
    django_otp.login(request, request.user.confirmed_device())
    return _codes_page(request, codes)


def switch_off(request: AuthenticatedHttpRequest) -> HttpResponse:
    form = sent_form(request, "switch_off")
    if not proven(request, form):
        return security_page(request, switch_off=form)
    actor = session_actor(request, request.user)
    ended = second_factor.switch_off(person=request.user, actor=actor)
    refresh_session(request, request.user)
    messages.success(request, f"The second factor is off. {_tokens(ended)} ended.")
    return redirect("security")


def renew_recovery_codes(request: AuthenticatedHttpRequest) -> HttpResponse:
    form = sent_form(request, "recovery_codes")
    if not proven(request, form):
        return security_page(request, recovery_codes=form)
    actor = session_actor(request, request.user)
    codes = second_factor.renew_recovery_codes(person=request.user, actor=actor)
    refresh_session(request, request.user)
    return _codes_page(request, codes)


def _device_page(
    request: AuthenticatedHttpRequest, device: TOTPDevice, form: ConfirmForm
) -> HttpResponse:
    context = {"form": form, "secret": secret_of(device), "qr": svg_of(device)}
    return render(request, "accounts/enrol.html", context)


def _codes_page(request: AuthenticatedHttpRequest, codes: list[str]) -> HttpResponse:
    return render(request, "accounts/recovery_codes.html", {"codes": codes})


def _tokens(count: int) -> str:
    return "1 token" if count == 1 else f"{count} tokens"
