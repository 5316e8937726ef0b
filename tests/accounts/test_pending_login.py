"""A password alone gives no access if the second factor is on."""

import pytest
from django.test import Client

from accounts.auth.sessions import PENDING_LOGIN, PENDING_SECONDS
from accounts.models import User
from tests.support.people import fresh_code, give_password, is_in

PAGES = ["/", "/settings/security", "/settings/tokens", "/settings/members", "/logout", "/admin/"]


@pytest.mark.parametrize("page", PAGES)
def test_password_alone_gives_no_access_to_pages(client: Client, alice: User, page: str) -> None:
    give_password(client, alice)
    response = client.get(page)
    assert response.status_code == 302
    assert response["Location"] == f"/login?next={page}"


def test_password_alone_gives_no_access_to_the_api(client: Client, alice: User) -> None:
    give_password(client, alice)
    assert client.get("/environments").status_code == 401


@pytest.mark.parametrize("page", PAGES)
def test_session_without_second_factor_gives_no_access_to_pages(
    client: Client, alice: User, page: str
) -> None:
    client.force_login(alice)
    assert client.get(page)["Location"] == f"/login?next={page}"


def test_code_without_a_password_is_refused(client: Client, alice: User) -> None:
    response = client.post("/login", {"code": fresh_code(alice)})
    assert "Type the password again" in response.text
    assert not is_in(client)


def test_pending_login_expires_after_five_minutes(client: Client, alice: User) -> None:
    give_password(client, alice)
    session = client.session
    session[PENDING_LOGIN] = {
        **session[PENDING_LOGIN],
        "ends": session[PENDING_LOGIN]["ends"] - PENDING_SECONDS - 1,
    }
    session.save()
    client.post("/login", {"code": fresh_code(alice)})
    assert not is_in(client)


def test_a_changed_password_ends_a_pending_login(client: Client, alice: User) -> None:
    give_password(client, alice)
    alice.set_password("another password altogether")
    alice.save()
    client.post("/login", {"code": fresh_code(alice)})
    assert not is_in(client)


def test_pending_login_ends_with_the_sessions(client: Client, alice: User) -> None:
    give_password(client, alice)
    alice.end_sessions()
    client.post("/login", {"code": fresh_code(alice)})
    assert not is_in(client)


def test_pending_login_ends_when_the_account_is_deactivated(client: Client, alice: User) -> None:
    give_password(client, alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    client.post("/login", {"code": fresh_code(alice)})
    assert not is_in(client)


def test_bobs_code_does_not_finish_alices_login(client: Client, alice: User, bob: User) -> None:
    give_password(client, alice)
    client.post("/login", {"code": fresh_code(bob)})
    assert not is_in(client)
