"""The page about one's own password and second factor, and the proof that its forms ask for."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.auth import second_factor
from accounts.auth.decorators import SignedInRequest, session_actor
from accounts.auth.reauthentication import demand_proof
from accounts.errors import Refused
from accounts.forms.fields import ProofForm
from accounts.forms.security import PasswordForm
from accounts.models import Token

FORMS: dict[str, type[ProofForm]] = {
    "password": PasswordForm,
    "enrol": ProofForm,
    "switch_off": ProofForm,
    "recovery_codes": ProofForm,
}


def security_page(request: SignedInRequest, **sent: ProofForm) -> HttpResponse:
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


def sent_form(request: SignedInRequest, name: str) -> ProofForm:
    has_factor = second_factor.is_on(request.user)
    return FORMS[name](
        request.POST, person=request.user, has_factor=has_factor, auto_id=f"{name}-%s"
    )


def proven(request: SignedInRequest, form: ProofForm) -> bool:
    """Whether the form is right, its password and code too; what is wrong stands in it.

    The code comes last: once looked at, it is spent.
    """
    if not form.is_valid():
        return False
    actor = session_actor(request, request.user)
    try:
        demand_proof(person=request.user, actor=actor, **form.proof)
    except Refused as refused:
        form.refuse(refused)
        return False
    return True
