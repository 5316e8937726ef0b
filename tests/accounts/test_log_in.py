"""The log-in page: a password, then a code."""

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


def test_dora_without_a_second_factor_is_in_after_her_password(client: Client, dora: User) -> None:
    response = give_password(client, dora)
    assert response.status_code == 302
    assert response["Location"] == "/"
    assert is_in(client)


def test_alice_is_asked_for_a_code_and_is_in_after_it(client: Client, alice: User) -> None:
    asked = give_password(client, alice)
    assert 'autocomplete="one-time-code"' in asked.text
    response = client.post("/login", {"code": fresh_code(alice)})
    assert response["Location"] == "/"
    assert is_in(client)


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(
    client: Client, dora: User
) -> None:
    wrong = client.post("/login", {"username": "dora", "password": "something else"})
    unknown = client.post("/login", {"username": "nora", "password": "something else"})
    assert wrong.status_code == unknown.status_code == 200
    assert without_token(wrong.text.replace('"dora"', '"nora"')) == without_token(unknown.text)


def test_a_wrong_code_leaves_alice_outside_and_lets_her_try_again(
    client: Client, alice: User
) -> None:
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


def test_digits_of_another_alphabet_are_no_code(client: Client, alice: User) -> None:
    give_password(client, alice)
    arabic = fresh_code(alice).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    client.post("/login", {"code": arabic})
    assert not is_in(client)


def test_a_code_may_be_typed_as_apps_show_it(client: Client, alice: User) -> None:
    give_password(client, alice)
    code = fresh_code(alice)
    client.post("/login", {"code": f" {code[:3]} {code[3:]} "})
    assert is_in(client)


def test_who_is_deactivated_cannot_begin(client: Client, dora: User) -> None:
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


def test_a_planted_session_is_not_taken_over(client: Client, dora: User) -> None:
    client.session.save()
    planted = client.cookies["sessionid"].value if "sessionid" in client.cookies else "x"
    give_password(client, dora)
    assert client.cookies["sessionid"].value != planted


def test_who_is_in_is_led_on_from_the_login(client: Client, dora: User) -> None:
    log_in(client, dora)
    assert client.get("/login?next=/settings/tokens")["Location"] == "/settings/tokens"


def test_the_login_leads_to_where_one_wanted(client: Client, alice: User) -> None:
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
def test_the_login_leads_to_no_other_site(client: Client, dora: User, elsewhere: str) -> None:
    spec = {"username": "dora", "password": PASSWORD, "next": elsewhere}
    assert client.post("/login", spec)["Location"] == "/"


def test_the_login_needs_the_csrf_token(dora: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert give_password(client, dora).status_code == 403
    assert not is_in(client)


def test_a_recovery_code_stands_in_for_a_code_once(client: Client, alice: User) -> None:
    code = second_factor.renew_recovery_codes(person=alice, actor=SYSTEM)[0]
    give_password(client, alice)
    client.post("/login", {"code": code})
    assert is_in(client)
    other = Client()
    give_password(other, alice)
    other.post("/login", {"code": code})
    assert not is_in(other)
    assert RecoveryCode.objects.filter(user=alice).count() == 9


def test_a_recovery_code_may_be_typed_carelessly(client: Client, alice: User) -> None:
    code = second_factor.renew_recovery_codes(person=alice, actor=SYSTEM)[0]
    give_password(client, alice)
    client.post("/login", {"code": " " + code.upper().replace("-", " ").replace("0", "O")})
    assert is_in(client)


def test_every_try_is_logged_with_who_and_from_where_and_never_what_was_typed(
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
