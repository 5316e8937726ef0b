"""The page about one's own password and second factor, and the proof that its forms ask for."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.auth import second_factor
from accounts.auth.decorators import AuthenticatedHttpRequest, session_actor
from accounts.auth.reauthentication import reauthenticate
from accounts.errors import Refused
from accounts.forms.fields import ReauthenticationForm
from accounts.forms.security import PasswordForm
from accounts.models import Token

FORMS: dict[str, type[ReauthenticationForm]] = {
    "password": PasswordForm,
    "enrol": ReauthenticationForm,
    "switch_off": ReauthenticationForm,
    "recovery_codes": ReauthenticationForm,
}


def security_page(request: AuthenticatedHttpRequest, **sent: ReauthenticationForm) -> HttpResponse:
    """The page, with a form that was sent and refused in its place."""
    has_factor = second_factor.is_on(request.user)
    blank = {
        # Several forms share the page: the ids of their inputs must differ.
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


def sent_form(request: AuthenticatedHttpRequest, name: str) -> ReauthenticationForm:
    has_factor = second_factor.is_on(request.user)
    return FORMS[name](
        request.POST, person=request.user, has_factor=has_factor, auto_id=f"{name}-%s"
    )


def proven(request: AuthenticatedHttpRequest, form: ReauthenticationForm) -> bool:
    """Whether the form is right, its password and code too; what is wrong stands in it.

    The code comes last: once looked at, it is spent.
    """
    if not form.is_valid():
        return False
    actor = session_actor(request, request.user)
    try:
        reauthenticate(person=request.user, actor=actor, **form.proof)
    except Refused as refused:
        form.refuse(refused)
        return False
    return True
