"""Creating, listing and revoking tokens."""

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.callers import SYSTEM
from accounts.models import Revision, Scope, Subject, Token, User
from config.errors import Refused
from tests.factories import give_token
from tests.support.people import WRONG_CODE, fresh_code, log_in
from volumes.models import Environment

PAGE = "/settings/tokens"
SECRET = re.compile(r"hfst_[0-9A-Za-z]{38}")


def make(client: Client, person: User, **spec: str) -> Any:
    form = {"name": "deploy", "scope": "write", "environment": "", "lifetime": "30"}
    code = spec.pop("code") if "code" in spec else fresh_code(person)
    return client.post(PAGE, {**form, "code": code, **spec})


def test_secret_is_shown_once_and_stored_as_a_digest(client: Client, alice: User) -> None:
    log_in(client, alice)
    secret = SECRET.findall(make(client, alice).text)[0]
    token = Token.objects.get(owner=alice)
    assert token.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert not SECRET.search(client.get(PAGE).text)


def test_page_with_the_secret_is_not_cached(client: Client, alice: User) -> None:
    log_in(client, alice)
    assert "no-store" in make(client, alice)["Cache-Control"]


def test_token_has_name_scope_environment_and_expiry(
    client: Client, alice: User, environment: Environment
) -> None:
    log_in(client, alice)
    make(client, alice, scope="read", environment=str(environment.pk))
    token = Token.objects.get(owner=alice)
    assert (token.name, token.scope, token.environment_id) == ("deploy", "read", environment.pk)
    assert token.expires_at is not None
    assert abs(token.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)


def test_token_can_be_created_without_expiry(client: Client, alice: User) -> None:
    log_in(client, alice)
    make(client, alice, lifetime="")
    assert Token.objects.get(owner=alice).expires_at is None


def test_secret_gives_access_to_the_api(
    client: Client, alice: User, environment: Environment
) -> None:
    log_in(client, alice)
    secret = SECRET.findall(make(client, alice).text)[0]
    answer = Client().get("/environments", headers={"Authorization": f"Bearer {secret}"})
    assert [found["id"] for found in answer.json()] == [str(environment.pk)]


@pytest.mark.parametrize("code", ["", WRONG_CODE])
def test_creating_a_token_requires_a_code(client: Client, alice: User, code: str) -> None:
    log_in(client, alice)
    make(client, alice, code=code)
    assert not Token.objects.exists()


def test_used_code_creates_no_second_token(client: Client, alice: User) -> None:
    log_in(client, alice)
    code = fresh_code(alice)
    make(client, alice, code=code)
    make(client, alice, code=code)
    assert Token.objects.count() == 1


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "line\nbreak", "bell\x07", "nul\0", "‮evil"])
def test_token_name_must_be_one_line_of_visible_characters(
    client: Client, alice: User, name: str
) -> None:
    log_in(client, alice)
    assert make(client, alice, name=name).status_code == 200
    assert not Token.objects.exists()


def test_form_asks_for_an_environment_id_when_there_are_too_many_to_choose_from(
    client: Client, alice: User, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.limits.MAX_CHOICES", 0)
    log_in(client, alice)
    assert '<input type="text" name="environment"' in client.get(PAGE).text
    assert str(environment.pk) not in client.get(PAGE).text
    make(client, alice, environment=str(environment.pk))
    assert Token.objects.get(owner=alice).environment_id == environment.pk
    assert f"{environment.company} / {environment}" in client.get(PAGE).text


@pytest.mark.parametrize(
    ("typed", "said"), [("nonsense", "This is no id of an environment."), ("", "You reach no")]
)
def test_form_refuses_an_environment_id_without_access(
    client: Client,
    alice: User,
    environment: Environment,
    charlies_environment: Environment,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    said: str,
) -> None:
    monkeypatch.setattr("config.limits.MAX_CHOICES", 0)
    log_in(client, alice)
    answer = make(client, alice, environment=typed or str(charlies_environment.pk))
    assert said in answer.text
    assert not Token.objects.filter(owner=alice).exists()


def test_form_does_not_offer_environments_without_access(
    client: Client, alice: User, charlies_environment: Environment
) -> None:
    log_in(client, alice)
    make(client, alice, environment=str(charlies_environment.pk))
    assert not Token.objects.exists()


def test_page_explains_how_to_switch_the_second_factor_on(client: Client, dora: User) -> None:
    log_in(client, dora)
    page = client.get(PAGE).text
    assert 'href="/settings/security">Set up a second factor' in page
    form = {"name": "x", "scope": "read", "environment": "", "lifetime": "", "code": "123456"}
    assert client.post(PAGE, form).status_code == 200
    assert not Token.objects.exists()


def test_service_refuses_tokens_when_the_second_factor_is_off(dora: User) -> None:
    with pytest.raises(Refused, match="second factor"):
        services.create_token(
            owner=dora,
            name="x",
            scope=Scope.READ,
            environment_id=None,
            company_id=None,
            expires_at=None,
            actor=SYSTEM,
        )


def test_list_flags_tokens_that_expire_soon(client: Client, alice: User) -> None:
    give_token(alice, name="soon", expires_at=timezone.now() + timedelta(days=2, hours=1))
    give_token(alice, name="used", last_used_at=timezone.now() - timedelta(hours=3, minutes=1))
    log_in(client, alice)
    page = client.get(PAGE).text
    assert page.count('<span class="status warning">') == 1
    assert "in 2\xa0days" in page
    assert "3\xa0hours ago" in page


def test_long_list_of_tokens_is_paginated(client: Client, alice: User) -> None:
    for number in range(51):
        give_token(alice, name=f"robot-{number:02d}")
    log_in(client, alice)
    first, second = client.get(PAGE).text, client.get(f"{PAGE}?page=2").text
    assert "1–50 of 51" in first
    assert ("robot-49" in first, "robot-50" in first) == (True, False)
    assert ("robot-49" in second, "robot-50" in second) == (False, True)


def test_a_revoked_token_is_refused_at_once(client: Client, alice: User) -> None:
    secret = give_token(alice, name="robot")
    token = Token.objects.get()
    log_in(client, alice)
    client.post(f"{PAGE}/{token.pk}/revoke")
    answer = Client().get("/environments", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401
    assert "The token robot is revoked." in client.get(PAGE).text
    assert "robot" not in client.get(PAGE).text


def test_bob_cannot_revoke_alices_token(client: Client, alice: User, bob: User) -> None:
    give_token(alice)
    log_in(client, bob)
    assert client.post(f"{PAGE}/{Token.objects.get().pk}/revoke").status_code == 404
    assert Token.objects.usable().count() == 1


def test_a_token_cannot_use_the_page(alice: User) -> None:
    secret = give_token(alice)
    answer = Client().get(PAGE, headers={"Authorization": f"Bearer {secret}"})
    assert answer["Location"] == f"/login?next={PAGE}"


def test_creating_and_revoking_is_in_the_activity_without_the_secret(
    client: Client, alice: User
) -> None:
    log_in(client, alice)
    secret = SECRET.findall(make(client, alice).text)[0]
    token = Token.objects.get()
    client.post(f"{PAGE}/{token.pk}/revoke")
    client.post(f"{PAGE}/{token.pk}/revoke")
    entries = Revision.objects.filter(subject=Subject.TOKEN).order_by("id")
    assert [(entry.action, entry.subject_name) for entry in entries] == [
        ("create", "deploy"),
        ("revoke", "deploy"),
    ]
    assert secret not in str([entry.changes for entry in entries])
