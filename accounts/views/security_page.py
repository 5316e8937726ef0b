"""Renders the security page, and checks the reauthentication that its forms require."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.auth import second_factor
from accounts.auth.decorators import AuthenticatedHttpRequest, session_actor
from accounts.auth.reauthentication import reauthenticate
from accounts.forms.fields import ReauthenticationForm
from accounts.forms.security import PasswordForm
from accounts.models import Token
from config.errors import Refused

FORMS: dict[str, type[ReauthenticationForm]] = {
    "password": PasswordForm,
    "enrol": ReauthenticationForm,
    "switch_off": ReauthenticationForm,
    "recovery_codes": ReauthenticationForm,
}


def security_page(request: AuthenticatedHttpRequest, **sent: ReauthenticationForm) -> HttpResponse:
    """Render the page. `sent` replaces blank forms by bound ones with errors."""
    has_factor = second_factor.is_on(request.user)
    blank = {
        # The page has several forms, so the ids of their inputs must differ.
        name: form(person=request.user, has_factor=has_factor, auto_id=f"{name}-%s")
        for name, form in FORMS.items()
    }
    context = {
        "forms": blank | sent,
        "has_factor": has_factor,
        "codes_left": request.user.recovery_codes.count(),
        "tokens": Token.objects.usable().filter(owner=request.user).count(),
    }
    return render(request, "accounts/security.html", context)


def bound_form(request: AuthenticatedHttpRequest, name: str) -> ReauthenticationForm:
    """Return the form with this name, bound to the submitted data."""
    has_factor = second_factor.is_on(request.user)
    return FORMS[name](
        request.POST, person=request.user, has_factor=has_factor, auto_id=f"{name}-%s"
    )


def is_reauthenticated(request: AuthenticatedHttpRequest, form: ReauthenticationForm) -> bool:
    """Whether the form is valid, password and code included. Adds errors to the form.

    Password and code are checked last, because checking a code uses it up.
    """
    if not form.is_valid():
        return False
    actor = session_actor(request, request.user)
    try:
        reauthenticate(person=request.user, actor=actor, **form.credentials)
    except Refused as refused:
        form.refuse(refused)
        return False
    return True
