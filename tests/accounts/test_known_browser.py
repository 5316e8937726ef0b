"""A browser in which a person has logged in before has throttles of its own."""

import pytest
from django.core import signing
from django.test import Client

from accounts import services
from accounts.auth import throttling
from accounts.auth.known_browsers import COOKIE, LIFETIME, SALT
from accounts.callers import SYSTEM
from accounts.models import User
from tests.factories import UserFactory
from tests.support.people import WRONG_CODE, fresh_code, give_password, is_in, log_in

HERE = "198.51.100.7"
NEW = "kelp on the rock 77"


def fill_throttles(person: User) -> None:
    """Fill the throttles, as others at five addresses and one at the person's own address would."""
    for number in range(50):
        throttling.password_throttle(person.username, f"203.0.113.{number % 5}").failed()
    for number in range(100):
        throttling.password_throttle(f"nobody{number}", HERE).failed()


@pytest.fixture
def known(dora: User) -> Client:
    """Dora's browser, logged out."""
    browser = log_in(Client(REMOTE_ADDR=HERE), dora)
    browser.post("/logout")
    return browser


def test_known_browser_logs_in_when_others_fill_the_throttles(known: Client, dora: User) -> None:
    fill_throttles(dora)
    assert give_password(Client(REMOTE_ADDR="192.0.2.1"), dora).status_code == 429
    give_password(known, dora)
    assert is_in(known)


def test_known_browser_verifies_a_code_when_others_fill_the_throttle(alice: User) -> None:
    known = log_in(Client(REMOTE_ADDR=HERE), alice)
    known.post("/logout")
    for number in range(50):
        throttling.code_throttle(alice.ref, f"203.0.113.{number % 5}").failed()
    other_browser = Client()
    give_password(other_browser, alice)
    assert other_browser.post("/login", {"code": fresh_code(alice)}).status_code == 429
    give_password(known, alice)
    known.post("/login", {"code": fresh_code(alice)})
    assert is_in(known)


def test_known_browser_changes_the_password_when_others_fill_the_throttles(dora: User) -> None:
    known = log_in(Client(REMOTE_ADDR=HERE), dora)
    fill_throttles(dora)
    spec = {"action": "password", "password": "correct horse battery staple"}
    known.post("/settings/security", {**spec, "new_password": NEW, "new_password_again": NEW})
    dora.refresh_from_db()
    assert dora.check_password(NEW)


def test_known_browser_has_ten_attempts(known: Client, dora: User) -> None:
    answers = [give_password(known, dora, "no").status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert give_password(known, dora).status_code == 429


def test_failures_of_a_known_browser_do_not_throttle_others(known: Client, dora: User) -> None:
    for _ in range(11):
        give_password(known, dora, "no")
    assert give_password(Client(REMOTE_ADDR=HERE), dora).status_code == 302


def test_each_login_gets_a_throttle_of_its_own(known: Client, dora: User) -> None:
    stolen = Client()
    stolen.cookies[COOKIE] = known.cookies[COOKIE].value
    give_password(known, dora)
    known.post("/logout")
    for _ in range(11):
        give_password(stolen, dora, "no")
    assert give_password(known, dora).status_code == 302


def test_browser_is_known_for_one_person_only(known: Client, alice: User) -> None:
    fill_throttles(alice)
    assert give_password(known, alice).status_code == 429


def test_browser_can_be_known_for_several_people(known: Client, dora: User) -> None:
    other = UserFactory.create(username="other")
    give_password(known, other)
    known.post("/logout")
    fill_throttles(dora)
    give_password(known, dora)
    assert is_in(known)


@pytest.mark.parametrize("end", ["password", "deactivation"])
def test_browser_is_unknown_after_a_change_of_credentials(
    known: Client, dora: User, end: str
) -> None:
    ends = {
        "password": lambda: services.change_password(user=dora, password=NEW, actor=SYSTEM),
        "deactivation": lambda: services.end_access(person=dora, actor=SYSTEM),
    }
    ends[end]()
    fill_throttles(dora)
    assert give_password(known, dora, NEW).status_code == 429


def test_browser_that_changed_the_password_remains_known(dora: User) -> None:
    known = log_in(Client(REMOTE_ADDR=HERE), dora)
    spec = {"action": "password", "password": "correct horse battery staple"}
    known.post("/settings/security", {**spec, "new_password": NEW, "new_password_again": NEW})
    known.post("/logout")
    fill_throttles(dora)
    assert give_password(known, dora, NEW).status_code == 302


@pytest.mark.parametrize("value", ["", "x", "é", "W10:1:x", "{other}"])
def test_cookie_with_a_bad_signature_is_ignored(dora: User, value: str) -> None:
    value = value.replace("{other}", signing.dumps([[dora.pk, "x", "x", 9e9]], salt="other"))
    fill_throttles(dora)
    forger = Client()
    forger.cookies[COOKIE] = value
    assert give_password(forger, dora).status_code == 429


def test_it_expires(known: Client, dora: User) -> None:
    [[user, browser, tag, _]] = signing.loads(known.cookies[COOKIE].value, salt=SALT)
    known.cookies[COOKIE] = signing.dumps([[user, browser, tag, 0]], salt=SALT)
    fill_throttles(dora)
    assert give_password(known, dora).status_code == 429


@pytest.mark.parametrize(("is_https", "secure"), [(True, True), (False, "")])
def test_known_browser_cookie_is_http_only_and_same_site(
    dora: User, settings: object, is_https: bool, secure: object
) -> None:
    settings.SESSION_COOKIE_SECURE = is_https  # type: ignore[attr-defined]
    cookie = log_in(Client(), dora).cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert (cookie["secure"], cookie["max-age"]) == (secure, LIFETIME)


def test_browser_is_unknown_after_a_wrong_password(dora: User) -> None:
    browser = Client()
    give_password(browser, dora, "no")
    assert COOKIE not in browser.cookies


def test_browser_is_unknown_when_only_the_password_was_given(alice: User) -> None:
    browser = Client()
    give_password(browser, alice)
    assert COOKIE not in browser.cookies


def test_error_of_a_wrong_code_mentions_the_clock(client: Client, alice: User) -> None:
    give_password(client, alice)
    page = client.post("/login", {"code": WRONG_CODE}).text
    assert "If it keeps failing, check the clock" in page
