"""A logged-in browser as a client: a session cookie, and optionally the CSRF token."""

from __future__ import annotations

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import User
from tests.support.api import Api

CSRF = "c" * 32


class Browser(Api):
    """A client logged in with password and, if there is one, the second factor."""

    def __init__(self, user: User, *, with_code: bool = True, csrf: bool = True) -> None:
        super().__init__(None)
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.client.force_login(user)
        device = user.confirmed_device()
        if device and with_code:
            session = self.client.session
            session[DEVICE_ID_SESSION_KEY] = device.persistent_id
            session.save()
        self.client.cookies["csrftoken"] = CSRF
        if csrf:
            self.headers["X-CSRFToken"] = CSRF
