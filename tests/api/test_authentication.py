"""Authentication of requests by token and by cookie, and what ends access."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Role, Scope, Token
from tests.factories import EnvironmentFactory
from tests.support.browser import Browser
from volumes.models import Volume

WISH = {"name": "uploads", "size": 1}


def test_a_request_without_credentials_is_a_401_that_names_the_scheme(api, volumes):
    response = api().get(volumes)
    assert (response.status_code, response.json()["code"]) == (401, "UNAUTHORIZED")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer hfst_short",
        "Bearer hfst_" + "a" * 38,
        "Basic YWxpY2U6eA==",
        "Token x",
        "Bearer \u00ff",
        "Bearer hfst_" + "\u0661" * 38,
        "Bearer " + "x" * 5000,
        "nonsense",
    ],
)
def test_a_bad_authorization_header_is_a_401_even_with_a_valid_cookie(alice, volumes, header):
    browser = Browser(alice)
    assert browser.get(volumes).status_code == 200
    response = browser.get(volumes, Authorization=header)
    assert (response.status_code, response.json()["code"]) == (401, "UNAUTHORIZED")
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_malformed_token_is_refused_without_a_query(alices, volumes, django_assert_num_queries):
    secret = alices.headers["Authorization"]
    alices.headers["Authorization"] = secret[:-1] + {"0": "1"}.get(secret[-1], "0")
    with django_assert_num_queries(0):
        assert alices.get(volumes).status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_case_insensitive(alices, volumes, scheme):
    secret = alices.headers["Authorization"].removeprefix("Bearer ")
    alices.headers["Authorization"] = f"{scheme} {secret}"
    assert alices.get(volumes).status_code == 200


def test_an_expired_token_is_a_401(api, alice, volumes):
    past = timezone.now() - timedelta(seconds=1)
    assert api(alice, expires_at=past).get(volumes).status_code == 401
    future = timezone.now() + timedelta(minutes=1)
    assert api(alice, expires_at=future).get(volumes).status_code == 200


def test_revocation_takes_effect_with_the_next_request(alices, volumes):
    assert alices.get(volumes).status_code == 200
    Token.objects.update(revoked_at=timezone.now())
    assert alices.get(volumes).status_code == 401


@pytest.mark.parametrize("speak", ["token", "cookie"])
def test_deactivating_the_owner_takes_effect_with_the_next_request(api, alice, volumes, speak):
    speaking = {"token": api, "cookie": Browser}[speak](alice)
    assert speaking.get(volumes).status_code == 200
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    assert speaking.get(volumes).status_code == 401


@pytest.mark.parametrize("speak", ["token", "cookie"])
def test_removing_a_member_takes_effect_with_the_next_request(api, alice, volumes, speak):
    speaking = {"token": api, "cookie": Browser}[speak](alice)
    assert speaking.get(volumes).status_code == 200
    alice.memberships.all().delete()
    assert speaking.get(volumes).status_code == 404
    assert speaking.get("/environments").json() == []


@pytest.mark.parametrize("speak", ["token", "cookie"])
def test_lowering_a_role_takes_effect_with_the_next_request(api, alice, volumes, speak, memory):
    speaking = {"token": api, "cookie": Browser}[speak](alice)
    alice.memberships.update(role=Role.VIEWER)
    assert speaking.get(volumes).status_code == 200
    assert speaking.post(volumes, WISH).status_code == 403


def test_a_token_is_refused_when_its_owner_has_no_second_factor(alices, alice, volumes):
    alice.totpdevice_set.update(confirmed=False)
    response = alices.get(volumes)
    assert (response.status_code, response.json()["code"]) == (403, "2fa_required")
    alice.totpdevice_set.all().delete()
    assert alices.get(volumes).json()["code"] == "2fa_required"


def test_recovery_codes_alone_do_not_count_as_a_second_factor(alices, alice, volumes):
    alice.totpdevice_set.all().delete()
    alice.recovery_codes.create(digest="x")
    assert alices.get(volumes).json()["code"] == "2fa_required"


def test_a_read_token_cannot_write(api, alice, volumes, memory):
    reading = api(alice, scope=Scope.READ)
    assert reading.get(volumes).status_code == 200
    assert reading.post(f"{volumes}/validate", WISH).status_code == 200
    assert reading.post("/environments", {"name": "x"}).status_code == 403
    response = reading.post(volumes, WISH)
    assert (response.status_code, response.json()["code"]) == (403, "FORBIDDEN")
    assert not Volume.objects.exists()


def test_a_write_token_can_do_no_more_than_its_owner(bobs, volumes):
    assert bobs.post(volumes, WISH).status_code == 403


def test_a_bound_token_sees_only_its_environment(api, alice, environment, company, volumes, memory):
    other = EnvironmentFactory.create(company=company)
    bound = api(alice, environment_id=environment.pk)
    assert bound.post(volumes, WISH).status_code == 201
    assert [one["id"] for one in bound.get("/environments").json()] == [str(environment.pk)]
    outside = [f"/{other.pk}/volume", f"/{other.pk}/app", f"/environments/{other.pk}"]
    assert [bound.get(path).status_code for path in outside] == [404, 404, 404]
    missing = bound.get("/00000000-0000-0000-0000-000000000000/volume", X_Request_ID="same")
    assert bound.get(outside[0], X_Request_ID="same").content == missing.content


def test_a_bound_token_creates_no_environments_but_can_change_its_own(api, alice, environment):
    bound = api(alice, environment_id=environment.pk)
    assert bound.post("/environments", {"name": "staging"}).status_code == 403
    assert bound.put(f"/environments/{environment.pk}", {"name": "prod"}).status_code == 200


def test_a_bound_token_cannot_restore_from_snapshots_elsewhere(api, alice, company, snapshot):
    other = EnvironmentFactory.create(company=company)
    spec = {"name": "restored", "size": 100, "restoreFrom": snapshot["id"]}
    response = api(alice, environment_id=other.pk).post(f"/{other.pk}/volume", spec)
    assert response.json()["errors"][0]["code"] == "not_found"


def test_the_last_use_of_a_token_is_recorded_at_most_once_a_minute(alices, volumes):
    assert Token.objects.get().last_used_at is None
    alices.get(volumes)
    noted = Token.objects.get().last_used_at
    alices.get(volumes)
    assert noted is not None
    assert Token.objects.get().last_used_at == noted
    Token.objects.update(last_used_at=noted - timedelta(seconds=61))
    alices.get(volumes)
    assert Token.objects.filter(last_used_at__gte=noted).exists()


def test_a_session_without_the_csrf_token_can_only_read(alice, volumes, memory):
    browser = Browser(alice, csrf=False)
    assert browser.get(volumes).status_code == 200
    refused = [browser.post(volumes, WISH), browser.put(volumes), browser.delete(volumes)]
    assert [response.status_code for response in refused] == [403, 403, 403]
    assert {response.json()["code"] for response in refused} == {"FORBIDDEN"}
    assert not Volume.objects.exists()


def test_a_wrong_csrf_token_is_refused(alice, volumes, memory):
    assert Browser(alice).post(volumes, WISH, X_CSRFToken="d" * 32).status_code == 403
    assert Browser(alice).post(volumes, WISH).status_code == 201


def test_a_foreign_origin_is_refused_even_with_a_csrf_token(alice, volumes, memory):
    response = Browser(alice).post(volumes, WISH, Origin="https://evil.example")
    assert response.status_code == 403


def test_a_bearer_token_needs_no_csrf_token_even_with_a_cookie(alice, alices, volumes, memory):
    browser = Browser(alice, csrf=False)
    response = browser.post(volumes, WISH, **alices.headers)
    assert response.status_code == 201


def test_a_session_without_the_second_factor_is_refused(alice, volumes):
    half = Browser(alice, with_code=False)
    response = half.get(volumes)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert half.post(volumes, WISH).status_code == 401


def test_a_user_without_a_second_factor_can_use_the_session(alice, volumes):
    alice.totpdevice_set.all().delete()
    assert Browser(alice).get(volumes).status_code == 200


def test_superusers_have_no_special_access_to_the_api(api, charlie, volumes, environment):
    charlie.is_staff = charlie.is_superuser = True
    charlie.save(update_fields=["is_staff", "is_superuser"])
    assert api(charlie).get(volumes).status_code == 404
    assert api(charlie).get(f"/environments/{environment.pk}").status_code == 404
    assert api(charlie).get("/environments").json() == []


def test_the_database_does_not_contain_the_secret(alices, volumes):
    alices.get(volumes)
    secret = alices.headers["Authorization"].removeprefix("Bearer ")
    assert secret not in str(Token.objects.values())
    assert len(Token.objects.get().digest) == 64
