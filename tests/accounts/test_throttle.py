"""Throttles slow down guessing, end after five minutes, and lock nobody out."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.auth import throttling
from accounts.models import FailureCount, User
from config.errors import Throttled
from tests.factories import PASSWORD
from tests.support.people import WRONG_CODE, fresh_code, give_password, is_in, log_in

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


def guess_passwords(client: Client, person: User, times: int, address: str = HERE) -> None:
    for _ in range(times):
        give_password(client, person, "not the password", REMOTE_ADDR=address)


def test_eleventh_attempt_is_throttled(client: Client, dora: User) -> None:
    guess_passwords(client, dora, 10)
    response = give_password(client, dora, REMOTE_ADDR=HERE)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 300
    assert not is_in(client)


def test_failures_from_another_address_lock_no_person_out(client: Client, dora: User) -> None:
    guess_passwords(client, dora, 12, address=ELSEWHERE)
    give_password(client, dora, REMOTE_ADDR=HERE)
    assert is_in(client)


def test_another_spelling_of_the_name_is_the_same_account(client: Client, dora: User) -> None:
    guess_passwords(client, dora, 5)
    for _ in range(5):
        client.post("/login", {"username": "DORA", "password": "no"}, REMOTE_ADDR=HERE)
    assert give_password(client, dora, REMOTE_ADDR=HERE).status_code == 429


def test_unknown_names_are_counted_like_known_ones(client: Client, db: None) -> None:
    answers = [
        client.post("/login", {"username": "nobody", "password": "no"}).status_code
        for _ in range(11)
    ]
    assert answers == [200] * 10 + [429]


def test_success_resets_the_failures_of_account_and_address(client: Client, dora: User) -> None:
    guess_passwords(client, dora, 9)
    give_password(client, dora, REMOTE_ADDR=HERE)
    client.post("/logout")
    guess_passwords(client, dora, 9)
    assert give_password(client, dora, REMOTE_ADDR=HERE).status_code == 302


def test_wrong_codes_are_throttled(client: Client, alice: User) -> None:
    give_password(client, alice)
    answers = [client.post("/login", {"code": WRONG_CODE}).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert client.post("/login", {"code": fresh_code(alice)}).status_code == 429
    assert not is_in(client)


def test_right_password_does_not_reset_the_count_of_codes(client: Client, alice: User) -> None:
    give_password(client, alice)
    for _ in range(10):
        client.post("/login", {"code": WRONG_CODE})
    give_password(client, alice)
    assert client.post("/login", {"code": fresh_code(alice)}).status_code == 429


def test_throttle_ends_with_its_window(client: Client, dora: User) -> None:
    guess_passwords(client, dora, 10)
    for row in FailureCount.objects.all():
        row.expires_at -= timedelta(minutes=5)
        row.save()
    assert give_password(client, dora, REMOTE_ADDR=HERE).status_code == 302


def test_expired_windows_are_deleted(client: Client, dora: User) -> None:
    guess_passwords(client, dora, 1)
    for row in FailureCount.objects.all():
        row.expires_at -= timedelta(minutes=6)
        row.save()
    guess_passwords(client, dora, 1, address=ELSEWHERE)
    ours = throttling.password_throttle("dora", ELSEWHERE)
    assert FailureCount.objects.count() == len(ours._buckets())


def test_throttle_does_not_store_the_typed_name(client: Client, db: None) -> None:
    client.post("/login", {"username": PASSWORD, "password": "x"})
    assert FailureCount.objects.count() == 3
    kept = " ".join(FailureCount.objects.values_list("key", flat=True))
    assert not any(word in kept for word in PASSWORD.split())


def test_account_is_throttled_across_addresses(db: None) -> None:
    for n in range(50):
        throttling.password_throttle("alice", f"192.0.2.{n}").failed()
    with pytest.raises(Throttled):
        throttling.password_throttle("alice", "198.51.100.1").check()
    throttling.password_throttle("bob", "198.51.100.1").check()


def test_address_is_throttled_across_accounts(db: None) -> None:
    for n in range(100):
        throttling.password_throttle(f"person{n}", HERE).failed()
    with pytest.raises(Throttled):
        throttling.password_throttle("alice", HERE).check()
    throttling.password_throttle("alice", ELSEWHERE).check()


def test_the_addresses_of_one_ipv6_network_count_as_one(db: None) -> None:
    for n in range(10):
        throttling.password_throttle("alice", f"2001:db8::{n:x}").failed()
    with pytest.raises(Throttled):
        throttling.password_throttle("alice", "2001:db8::ffff:1").check()
    throttling.password_throttle("alice", "2001:db8:0:1::1").check()


def test_throttled_page_shows_how_long_to_wait(client: Client, dora: User) -> None:
    guess_passwords(client, dora, 10)
    page = give_password(client, dora, REMOTE_ADDR=HERE).text
    assert "Wait" in page
    assert "nobody else is locked out" in page


def test_reauthentication_is_throttled(client: Client, dora: User) -> None:
    log_in(client, dora)
    spec = {"action": "enrol", "password": "no"}
    answers = [client.post("/settings/security", spec).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
