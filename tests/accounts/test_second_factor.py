"""Switching the second factor on and off, and recovery codes, on the security page."""

import re

import pytest
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.auth.second_factor import renew_recovery_codes
from accounts.callers import SYSTEM
from accounts.models import RecoveryCode, Revision, Subject, Token, User
from accounts.views.qr import secret_of
from tests.factories import PASSWORD, give_token
from tests.support.people import WRONG_CODE, code_of, fresh_code, give_password, is_in, log_in

PAGE = "/settings/security"
RECOVERY_CODE = re.compile(r"<li>([0-9a-z]{4}(?:-[0-9a-z]{4}){5})</li>")


def begin(client: Client, password: str = PASSWORD) -> str:
    return client.post(PAGE, {"action": "enrol", "password": password}).text


def pending(person: User) -> TOTPDevice:
    device: TOTPDevice = TOTPDevice.objects.get(user=person, confirmed=False)
    return device


def test_second_factor_is_switched_on_by_a_code(client: Client, dora: User) -> None:
    log_in(client, dora)
    shown = begin(client)
    assert "<svg" in shown
    assert "otpauth" not in shown
    done = client.post(PAGE, {"action": "confirm", "code": code_of(pending(dora))})
    assert len(RECOVERY_CODE.findall(done.text)) == 10
    assert dora.confirmed_device() is not None
    assert is_in(client)


def test_enrolment_page_shows_the_secret_of_the_device(client: Client, dora: User) -> None:
    log_in(client, dora)
    assert secret_of(pending_after(client, dora)) in mistype(client)


def pending_after(client: Client, person: User) -> TOTPDevice:
    begin(client)
    return pending(person)


def mistype(client: Client) -> str:
    """Send a wrong code. Return the page, which shows the same secret again."""
    return client.post(PAGE, {"action": "confirm", "code": WRONG_CODE}).text


def test_enrolment_requires_the_password(client: Client, dora: User) -> None:
    log_in(client, dora)
    assert "This is not your password." in begin(client, "something else")
    assert not TOTPDevice.objects.filter(user=dora).exists()


def test_wrong_code_does_not_switch_the_second_factor_on(client: Client, dora: User) -> None:
    log_in(client, dora)
    begin(client)
    client.post(PAGE, {"action": "confirm", "code": WRONG_CODE})
    assert dora.confirmed_device() is None


def test_enrolling_again_replaces_the_pending_device(client: Client, dora: User) -> None:
    log_in(client, dora)
    begin(client)
    first = pending(dora)
    begin(client)
    client.post(PAGE, {"action": "confirm", "code": code_of(first)})
    assert dora.confirmed_device() is None


def test_pending_secret_cannot_be_read_by_another_session(client: Client, dora: User) -> None:
    log_in(client, dora)
    begin(client)
    other = log_in(Client(), dora)
    answer = other.post(PAGE, {"action": "confirm", "code": WRONG_CODE})
    assert answer.status_code == 302


def test_enrolment_is_refused_when_the_second_factor_is_on(client: Client, alice: User) -> None:
    log_in(client, alice)
    spec = {"action": "enrol", "password": PASSWORD, "code": fresh_code(alice)}
    assert "on already" in client.post(PAGE, spec, follow=True).text
    assert TOTPDevice.objects.filter(user=alice).count() == 1


def test_switching_on_ends_other_sessions_and_renews_the_session_key(
    client: Client, dora: User
) -> None:
    other = log_in(Client(), dora)
    log_in(client, dora)
    before = client.session.session_key
    begin(client)
    client.post(PAGE, {"action": "confirm", "code": code_of(pending(dora))})
    assert not is_in(other)
    assert is_in(client)
    assert client.session.session_key != before


def test_the_page_says_how_many_tokens_switching_off_ends(client: Client, alice: User) -> None:
    give_token(alice)
    give_token(alice)
    log_in(client, alice)
    assert "<strong>2 tokens</strong> of yours end at once" in client.get(PAGE).text


def test_switching_off_ends_tokens_recovery_codes_and_other_sessions(
    client: Client, alice: User
) -> None:
    give_token(alice)
    other = log_in(Client(), alice)
    log_in(client, alice)
    spec = {"action": "switch_off", "password": PASSWORD, "code": fresh_code(alice)}
    page = client.post(PAGE, spec, follow=True).text
    assert "1 token ended" in page
    assert alice.confirmed_device() is None
    assert not Token.objects.usable().filter(owner=alice).exists()
    assert not RecoveryCode.objects.filter(user=alice).exists()
    assert is_in(client)
    assert not is_in(other)


@pytest.mark.parametrize("action", ["switch_off", "recovery_codes", "password"])
@pytest.mark.parametrize("missing", ["password", "code"])
def test_switching_off_requires_password_and_code(
    client: Client, alice: User, action: str, missing: str
) -> None:
    log_in(client, alice)
    spec = {
        "action": action,
        "password": PASSWORD,
        "code": fresh_code(alice),
        "new_password": "a new one, long enough",
        "new_password_again": "a new one, long enough",
    }
    wrong = {"password": "something else", "code": WRONG_CODE}
    assert client.post(PAGE, {**spec, missing: wrong[missing]}).status_code == 200
    assert client.post(PAGE, {**spec, missing: ""}).status_code == 200
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert alice.confirmed_device() is not None
    assert not RecoveryCode.objects.filter(user=alice).exists()


def test_new_recovery_codes_replace_the_old_ones(client: Client, alice: User) -> None:
    log_in(client, alice)
    old = renew(client, alice)
    new = renew(client, alice)
    assert len(set(old + new)) == 20
    client.post("/logout")
    give_password(client, alice)
    client.post("/login", {"code": old[0]})
    assert not is_in(client)
    client.post("/login", {"code": new[0]})
    assert is_in(client)


def test_recovery_codes_are_stored_as_digests(client: Client, alice: User) -> None:
    log_in(client, alice)
    codes = renew(client, alice)
    kept = " ".join(RecoveryCode.objects.values_list("digest", flat=True))
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    assert codes[0] not in client.get(PAGE).text


def renew(client: Client, person: User) -> list[str]:
    spec = {"action": "recovery_codes", "password": PASSWORD, "code": fresh_code(person)}
    return RECOVERY_CODE.findall(client.post(PAGE, spec).text)


def test_each_change_is_in_the_companys_activity(client: Client, dora: User) -> None:
    log_in(client, dora)
    begin(client)
    client.post(PAGE, {"action": "confirm", "code": code_of(pending(dora))})
    renew(client, dora)
    spec = {"action": "switch_off", "password": PASSWORD, "code": fresh_code(dora)}
    client.post(PAGE, spec)
    entries = Revision.objects.filter(subject=Subject.SECOND_FACTOR, subject_id=dora.ref)
    assert list(entries.order_by("id").values_list("action", "by", "via")) == [
        ("create", dora.ref, "session"),
        ("update", dora.ref, "session"),
        ("delete", dora.ref, "session"),
    ]
    assert set(entries.values_list("company__name", flat=True)) == {"Acme"}


def test_a_used_recovery_code_is_in_the_activity(client: Client, alice: User) -> None:
    log_in(client, alice)
    code = renew(client, alice)[0]
    client.post("/logout")
    give_password(client, alice)
    client.post("/login", {"code": code})
    entry = Revision.objects.filter(subject=Subject.SECOND_FACTOR).latest("id")
    assert entry.changes == {"recoveryCodes": [10, 9]}


def test_a_form_without_an_action_is_refused(client: Client, alice: User) -> None:
    log_in(client, alice)
    assert client.post(PAGE, {"password": PASSWORD}).status_code == 400


def test_a_recovery_code_is_120_random_bits(alice: User) -> None:
    codes = renew_recovery_codes(person=alice, actor=SYSTEM)
    symbols = [code.replace("-", "") for code in codes]
    assert len(set(codes)) == 10
    assert {len(one) for one in symbols} == {24}
    # Five bits for each character: among 240 random ones of 32, only few never occur.
    assert 25 < len(set("".join(symbols))) <= 32
