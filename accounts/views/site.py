"""Views that belong to no single page: the theme and the icon."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

THEMES = {"system", "light", "dark"}
YEAR = 365 * 86400


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Store the theme in a cookie, because it depends on the screen and not on the person."""
    name, back = request.POST.get("theme", ""), request.POST.get("next", "")
    is_safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    response = redirect(back if is_safe else "/")
    if name in THEMES:
        response.set_cookie(
            "theme", name, max_age=YEAR, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect browsers that request the icon without reading the page's link to it."""
    return redirect(static("favicon.svg"))
