"""The login page: a password, then a code."""

import re

import pytest
from django.test import Client

from accounts.auth import second_factor
from accounts.auth.sessions import PENDING_LOGIN
from accounts.callers import SYSTEM
from accounts.models import RecoveryCode, User
from tests.factories import PASSWORD
from tests.support.people import (
    WRONG_CODE,
    fresh_code,
    give_password,
    is_in,
    log_in,
)


def test_login_needs_only_the_password_when_the_second_factor_is_off(
    client: Client, dora: User
) -> None:
    response = give_password(client, dora)
    assert response.status_code == 302
    assert response["Location"] == "/"
    assert is_in(client)


def test_login_needs_a_code_when_the_second_factor_is_on(client: Client, alice: User) -> None:
    asked = give_password(client, alice)
    assert 'autocomplete="one-time-code"' in asked.text
    response = client.post("/login", {"code": fresh_code(alice)})
    assert response["Location"] == "/"
    assert is_in(client)


def test_wrong_password_and_unknown_name_get_the_same_response(client: Client, dora: User) -> None:
    wrong = client.post("/login", {"username": "dora", "password": "something else"})
    unknown = client.post("/login", {"username": "nora", "password": "something else"})
    assert wrong.status_code == unknown.status_code == 200
    assert without_token(wrong.text.replace('"dora"', '"nora"')) == without_token(unknown.text)


def test_login_can_be_retried_after_a_wrong_code(client: Client, alice: User) -> None:
    give_password(client, alice)
    refused = client.post("/login", {"code": WRONG_CODE})
    assert "This code is wrong" in refused.text
    assert not is_in(client)
    client.post("/login", {"code": fresh_code(alice)})
    assert is_in(client)


def test_a_code_works_once(client: Client, alice: User) -> None:
    code = fresh_code(alice)
    give_password(client, alice)
    client.post("/login", {"code": code})
    other = Client()
    give_password(other, alice)
    other.post("/login", {"code": code})
    assert is_in(client)
    assert not is_in(other)


@pytest.mark.parametrize("shape", ["+{}", "{}0", "{}_", "0x{}", "-{}"])
def test_a_code_is_six_digits_and_nothing_else(client: Client, alice: User, shape: str) -> None:
    give_password(client, alice)
    client.post("/login", {"code": shape.format(fresh_code(alice))})
    assert not is_in(client)


def test_code_with_digits_of_another_alphabet_is_refused(client: Client, alice: User) -> None:
    give_password(client, alice)
    arabic = fresh_code(alice).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    client.post("/login", {"code": arabic})
    assert not is_in(client)


def test_code_with_a_space_is_accepted(client: Client, alice: User) -> None:
    give_password(client, alice)
    code = fresh_code(alice)
    client.post("/login", {"code": f" {code[:3]} {code[3:]} "})
    assert is_in(client)


def test_login_is_refused_when_the_account_is_deactivated(client: Client, dora: User) -> None:
    User.objects.filter(pk=dora.pk).update(is_active=False)
    assert "no account" in give_password(client, dora).text


def test_the_session_key_changes_at_both_steps(client: Client, alice: User) -> None:
    before = client.session.session_key
    give_password(client, alice)
    between = client.session.session_key
    client.post("/login", {"code": fresh_code(alice)})
    after = client.session.session_key
    assert len({before, between, after}) == 3
    assert PENDING_LOGIN not in client.session


def test_login_does_not_adopt_a_planted_session(client: Client, dora: User) -> None:
    client.session.save()
    foreign = client.cookies["sessionid"].value if "sessionid" in client.cookies else "x"
    give_password(client, dora)
    assert client.cookies["sessionid"].value != foreign


def test_login_page_redirects_a_logged_in_user(client: Client, dora: User) -> None:
    log_in(client, dora)
    assert client.get("/login?next=/settings/tokens")["Location"] == "/settings/tokens"


def test_login_redirects_to_the_requested_page(client: Client, alice: User) -> None:
    spec = {"username": "alice", "password": PASSWORD, "next": "/settings/members"}
    assert 'value="/settings/members"' in client.post("/login", spec).text
    response = client.post("/login", {"code": fresh_code(alice), "next": "/settings/members"})
    assert response["Location"] == "/settings/members"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        " //evil.example",
        "https://testserver@evil.example/",
    ],
)
def test_login_never_redirects_to_another_site(client: Client, dora: User, elsewhere: str) -> None:
    spec = {"username": "dora", "password": PASSWORD, "next": elsewhere}
    assert client.post("/login", spec)["Location"] == "/"


def test_the_login_needs_the_csrf_token(dora: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert give_password(client, dora).status_code == 403
    assert not is_in(client)


def test_recovery_code_replaces_a_code_once(client: Client, alice: User) -> None:
    code = second_factor.renew_recovery_codes(person=alice, actor=SYSTEM)[0]
    give_password(client, alice)
    client.post("/login", {"code": code})
    assert is_in(client)
    other = Client()
    give_password(other, alice)
    other.post("/login", {"code": code})
    assert not is_in(other)
    assert RecoveryCode.objects.filter(user=alice).count() == 9


def test_recovery_code_ignores_case_spaces_and_dashes(client: Client, alice: User) -> None:
    code = second_factor.renew_recovery_codes(person=alice, actor=SYSTEM)[0]
    give_password(client, alice)
    client.post("/login", {"code": " " + code.upper().replace("-", " ").replace("0", "O")})
    assert is_in(client)


def test_every_login_attempt_is_logged_without_its_input(
    client: Client, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="holdfast.accounts")
    give_password(client, alice, "another password")
    client.post("/login", {"username": "typed in the wrong field", "password": "x"})
    give_password(client, alice)
    client.post("/login", {"code": "000000"})
    client.post("/login", {"code": fresh_code(alice)})
    lines = [
        (record.getMessage(), record.user, record.ip)  # type: ignore[attr-defined]
        for record in caplog.records
        if record.name == "holdfast.accounts"
    ]
    assert lines == [
        ("login_failed", alice.ref, "127.0.0.1"),
        ("login_failed", None, "127.0.0.1"),
        ("second_factor_failed", alice.ref, "127.0.0.1"),
        ("login_succeeded", alice.ref, "127.0.0.1"),
    ]
    assert "wrong field" not in caplog.text


def without_token(page: str) -> str:
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", page)
