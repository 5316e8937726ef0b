"""A password that an operator reset gives no access until the person has chosen another."""

import pytest
from django.test import Client

from accounts import services
from accounts.callers import SYSTEM
from accounts.models import Revision, Subject, User
from tests.factories import give_token
from tests.support.api import Api
from tests.support.people import fresh_code, give_password, is_in, log_in

NEW = {"new_password": "kelp on the rock 77", "new_password_again": "kelp on the rock 77"}


@pytest.fixture
def reset(dora: User) -> str:
    """Dora's password; she has no second factor."""
    return services.reset_password(person=dora, actor=SYSTEM)


def test_first_login_must_change_the_password(client: Client, dora: User, reset: str) -> None:
    assert "A new password" in give_password(client, dora, reset).text
    assert not is_in(client)
    assert client.get("/environments").status_code == 401
    assert client.post("/login", NEW).status_code == 302
    assert is_in(client)


def test_changed_password_logs_in(client: Client, dora: User, reset: str) -> None:
    give_password(client, dora, reset)
    client.post("/login", NEW)
    client.post("/logout")
    assert "no account" in give_password(client, dora, reset).text
    give_password(client, dora, NEW["new_password"])
    assert is_in(client)


@pytest.mark.parametrize(
    ("field", "value"),
    [("new_password", "short"), ("new_password_again", "kelp on the rock 78")],
)
def test_a_bad_new_password_is_refused(
    client: Client, dora: User, reset: str, field: str, value: str
) -> None:
    give_password(client, dora, reset)
    assert client.post("/login", {**NEW, field: value}).status_code == 200
    assert not is_in(client)


def test_reusing_the_reset_password_is_refused(client: Client, dora: User, reset: str) -> None:
    give_password(client, dora, reset)
    page = client.post("/login", {"new_password": reset, "new_password_again": reset})
    assert "Choose another" in page.text
    assert not is_in(client)


def test_due_password_change_requires_a_login(client: Client, dora: User, reset: str) -> None:
    page = client.post("/login", NEW)
    assert "Log in again" in page.text
    dora.refresh_from_db()
    assert dora.check_password(reset)


def test_the_code_comes_before_the_new_password(client: Client, alice: User) -> None:
    password = services.reset_password(person=alice, actor=SYSTEM)
    assert "Your code" in give_password(client, alice, password).text
    assert "Log in again" in client.post("/login", NEW).text
    give_password(client, alice, password)
    assert "A new password" in client.post("/login", {"code": fresh_code(alice)}).text
    client.post("/login", NEW)
    assert is_in(client)


def test_second_reset_ends_a_pending_password_change(
    client: Client, dora: User, reset: str
) -> None:
    give_password(client, dora, reset)
    services.reset_password(person=dora, actor=SYSTEM)
    assert "Log in again" in client.post("/login", NEW).text


def test_password_reset_ends_sessions_but_not_tokens_or_second_factor(
    client: Client, alice: User
) -> None:
    caller = Api(give_token(alice))
    log_in(client, alice)
    services.reset_password(person=alice, actor=SYSTEM)
    assert not is_in(client)
    assert caller.get("/environments").status_code == 200
    assert alice.confirmed_device() is not None
    assert Revision.objects.get(subject=Subject.PASSWORD).subject_id == alice.ref
