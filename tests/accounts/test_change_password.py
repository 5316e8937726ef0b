"""Changing one's password on the security page."""

import pytest
from django.test import Client

from accounts.models import Revision, Subject, User
from tests.factories import PASSWORD
from tests.support.people import fresh_code, give_password, is_in, log_in

NEW = "seaweed grips the rock"


def change(client: Client, **spec: str) -> str:
    form = {
        "action": "password",
        "password": PASSWORD,
        "new_password": NEW,
        "new_password_again": NEW,
    }
    return client.post("/settings/security", {**form, **spec}, follow=True).text


def test_new_password_replaces_the_old_one(client: Client, dora: User) -> None:
    log_in(client, dora)
    assert "The password is changed." in change(client)
    dora.refresh_from_db()
    assert dora.check_password(NEW)
    assert dora.password.startswith("argon2")


def test_password_change_requires_a_code_when_the_second_factor_is_on(
    client: Client, alice: User
) -> None:
    log_in(client, alice)
    change(client, code=fresh_code(alice))
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert is_in(client)


def test_other_sessions_end_and_this_one_gets_a_new_key(client: Client, dora: User) -> None:
    other = log_in(Client(), dora)
    log_in(client, dora)
    before = client.session.session_key
    change(client)
    assert is_in(client)
    assert client.session.session_key != before
    assert not is_in(other)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"new_password": "short", "new_password_again": "short"}, "too short"),
        ({"new_password_again": "something else"}, "The two are not the same."),
        ({"password": "something else"}, "This is not your password."),
        ({"new_password": "123456789012", "new_password_again": "123456789012"}, "numeric"),
        ({"new_password": "1qaz2wsx3edc", "new_password_again": "1qaz2wsx3edc"}, "too common"),
    ],
)
def test_password_form_shows_errors_and_changes_nothing(
    client: Client, dora: User, spec: dict[str, str], sentence: str
) -> None:
    log_in(client, dora)
    assert sentence in change(client, **spec)
    dora.refresh_from_db()
    assert dora.check_password(PASSWORD)


def test_refused_new_password_does_not_use_up_the_code(client: Client, alice: User) -> None:
    log_in(client, alice)
    code = fresh_code(alice)
    change(client, code=code, new_password="short", new_password_again="short")
    assert "The password is changed." in change(client, code=code)


def test_password_change_is_in_the_activity_without_the_password(
    client: Client, dora: User
) -> None:
    log_in(client, dora)
    change(client)
    entry = Revision.objects.get(subject=Subject.PASSWORD)
    assert (entry.action, entry.by, entry.changes) == ("update", dora.ref, {})


def test_the_new_password_logs_in(client: Client, dora: User) -> None:
    log_in(client, dora)
    change(client)
    fresh = Client()
    give_password(fresh, dora, NEW)
    assert is_in(fresh)


def test_long_password_with_any_characters_is_accepted_unchanged(
    client: Client, dora: User
) -> None:
    log_in(client, dora)
    password = f" {'å ß 🐚 ' * 100} "
    change(client, new_password=password, new_password_again=password)
    dora.refresh_from_db()
    assert dora.check_password(password)
    assert not dora.check_password(password.strip())
