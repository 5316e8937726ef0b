"""The actions of the security page on the second factor."""

import time

import django_otp
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.auth import second_factor
from accounts.auth.decorators import AuthenticatedHttpRequest, session_actor
from accounts.auth.sessions import refresh_session
from accounts.forms.security import ConfirmForm
from accounts.views.qr import secret_of, svg_of
from accounts.views.security_page import bound_form, is_reauthenticated, security_page
from config.errors import Refused

ENROLLING = "enrolling_until"
ENROLLING_SECONDS = 900


def enrol(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Create a device and show its secret, after reauthentication."""
    form = bound_form(request, "enrol")
    if not is_reauthenticated(request, form):
        return security_page(request, enrol=form)
    try:
        device = second_factor.enrol(person=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("security")
    request.session[ENROLLING] = time.time() + ENROLLING_SECONDS
    return _device_page(request, device, ConfirmForm())


def confirm(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Switch the factor on by the first code of the device, and show the recovery codes."""
    device = second_factor.pending_device(request.user)
    # The form shows the secret again. It expires, so that a session stolen later cannot read it.
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
    """Switch the factor off, after reauthentication."""
    form = bound_form(request, "switch_off")
    if not is_reauthenticated(request, form):
        return security_page(request, switch_off=form)
    actor = session_actor(request, request.user)
    revoked = second_factor.switch_off(person=request.user, actor=actor)
    refresh_session(request, request.user)
    messages.success(request, f"The second factor is off. {_count_tokens(revoked)} ended.")
    return redirect("security")


def renew_recovery_codes(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Replace the recovery codes and show the new ones, after reauthentication."""
    form = bound_form(request, "recovery_codes")
    if not is_reauthenticated(request, form):
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


def _count_tokens(count: int) -> str:
    return "1 token" if count == 1 else f"{count} tokens"
