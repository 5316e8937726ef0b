"""The admin site, for staff with a verified second factor only."""

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.auth.decorators import charge_page, throttled_view
from accounts.auth.sessions import is_signed_in
from accounts.models import User
from accounts.views.login import logout
from config.searches import search_text


class AutocompleteView(AutocompleteJsonView):
    """Labels rows with their full names: several companies may have an environment `production`."""

    def process_request(self, request: HttpRequest) -> Any:
        """Raise BadRequest for a search of too many words."""
        search_text(request.GET.get("term", ""))
        return super().process_request(request)

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        page: Any = self.model_admin
        text = page.full_name(obj)
        return super().serialize_result(obj, to_field_name) | {"text": text}


class OperatorSite(AdminSite):
    site_header = "Holdfast"
    site_title = "Holdfast"
    index_title = "Administration"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        if not (isinstance(user, User) and is_signed_in(user)):
            return False
        is_verified = getattr(user, "otp_device", None) is not None
        return is_verified and user.is_active and user.is_staff

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        @throttled_view
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not is_signed_in(request.user):
                return redirect_to_login(request.get_full_path())
            charge_page(request)
            if self.has_permission(request):
                response: HttpResponse = inner(request, *args, **kwargs)
                return response
            raise PermissionDenied

        return guarded

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return AutocompleteView.as_view(admin_site=self)(request)

    # The pages handle login, logout and password changes, with throttles and the second factor.

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect_to_login("/admin/")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return logout(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("security")

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("security")


site = OperatorSite()
# The stock action bypasses the services, so it would check no rule and write no history.
site.disable_action("delete_selected")
