"""Logging out."""

from django.test import Client

from accounts.models import User
from tests.support.people import is_in, log_in


def test_logout_requires_post(client: Client, dora: User) -> None:
    log_in(client, dora)
    assert client.get("/logout").status_code == 200
    assert is_in(client)
    assert client.post("/logout")["Location"] == "/login"
    assert not is_in(client)


def test_logging_out_needs_the_csrf_token(dora: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(dora)
    assert client.post("/logout").status_code == 403
    assert is_in(client)


def test_logout_ends_the_session_and_clears_the_browsers_data(client: Client, dora: User) -> None:
    log_in(client, dora)
    copied = Client()
    copied.cookies["sessionid"] = client.cookies["sessionid"].value
    assert is_in(copied)
    assert client.post("/logout")["Clear-Site-Data"] == '"cache", "storage"'
    assert not is_in(copied)
